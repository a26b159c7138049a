/**
 * Compares this machine with QEMU on random programs: `npm run fuzz -- --minutes N|--programs N [--seed S] [--json]`. With
 * `--float --cases N`, floating point only: N cases against the oracle, a tenth of them against QEMU. Mismatches are
 * shrunk and stored in test/differential/cases; `--record N` stores N programs on which both agree there, for machines
 * without QEMU. Other switches configure this machine: see test/support/translation.ts.
 */
import {writeCase} from '../test/differential/case-file.ts'
import {compareRecords, findMismatches, type Mismatch, runBoth} from '../test/differential/compare.ts'
import {Coverage} from '../test/differential/coverage.ts'
import {
	casesPerProgram,
	compareWithOracle,
	type FloatMismatch,
	generateFloat,
} from '../test/differential/float-cases.ts'
import {generate} from '../test/differential/generate.ts'
import {avoidedUses, knownDifferences, rowsWithoutComparison} from '../test/differential/known-differences.ts'
import type {Program} from '../test/differential/program.ts'
import {seedOf} from '../test/differential/random.ts'
import {describeMismatch} from '../test/differential/report.ts'
import {shrink} from '../test/differential/shrink.ts'
import {addMachineSwitches, type MachineSwitches, useTranslation} from '../test/support/translation.ts'
import {integerFrom, numberFrom, runScript, scriptCommand} from './build/script-command.ts'

const programsPerBoot = 400
const oracleCasesAtOnce = 20_000
/** Shrinking is slow, and this many mismatches show that something is wrong. */
const mismatchLimit = 5

type FuzzOptions = Readonly<{seed: number; minutes: number; cases: number; programs?: number}>

const progress = (text: string) => process.stderr.write(process.stderr.isTTY ? `\r${text}\u001b[K` : `${text}\n`)

/** QEMU's record of a program alone in its image, since addresses depend on the program's place in it. */
async function recordOf(program: Program): Promise<readonly string[]> {
	const {qemu} = await runBoth([program], {output: 'records'})
	return qemu.outcomes[0]?.dwords ?? []
}

async function keep(mismatch: Mismatch): Promise<string> {
	const shortest = await shrink(mismatch)
	const {program, differences, problem} = shortest
	const about = differences[0] ? `${differences[0].name} differed` : (problem ?? 'did not end')
	const path = await writeCase(`${program.kind}-${program.seed}`, {about, program, expected: await recordOf(program)})
	process.stderr.write(`\n${describeMismatch(shortest)}\n  kept as ${path}\n`)
	return path
}

async function keepAll(mismatches: readonly Mismatch[], limit: number): Promise<string[]> {
	const kept: string[] = []
	for (const mismatch of mismatches.slice(0, limit)) kept.push(await keep(mismatch))
	return kept
}

type Summary = Readonly<{seed: number; programs: number; failures: readonly string[]} & Record<string, unknown>>

async function fuzzPrograms({seed, minutes, programs: most}: FuzzOptions): Promise<Summary> {
	const end = performance.now() + minutes * 60_000
	const goesOn = () => (most === undefined ? performance.now() < end : programs < most)
	const coverage = new Coverage()
	const failures: string[] = []
	let programs = 0
	while (goesOn() && failures.length < mismatchLimit) {
		const batch = generate(seed, programs, Math.min(programsPerBoot, (most ?? Number.POSITIVE_INFINITY) - programs))
		coverage.add(batch)
		failures.push(...(await keepAll(await findMismatches(batch), mismatchLimit - failures.length)))
		programs += batch.length
		progress(`seed ${seed}: ${programs} programs, ${failures.length} mismatches`)
	}
	const cases = Object.fromEntries(coverage.cases)
	const notCompared = Object.fromEntries(rowsWithoutComparison)
	return {seed, programs, failures, cases, missing: coverage.missing, notCompared}
}

async function fuzzFloat({seed, cases}: FuzzOptions): Promise<Summary> {
	const wrong: FloatMismatch[] = []
	for (let done = 0; done < cases; done += oracleCasesAtOnce) {
		wrong.push(...compareWithOracle(seedOf(seed, done), Math.min(oracleCasesAtOnce, cases - done)))
		if (done % (10 * oracleCasesAtOnce) === 0)
			progress(`seed ${seed}: ${done} cases against the oracle, ${wrong.length} mismatches`)
	}
	const failures = wrong.map(
		({name, operands, rm, got, expected}) =>
			`${name}(${operands.map((bits) => bits.toString(16))}) rm ${rm}: ${got}, expected ${expected}`,
	)
	const programs = Math.ceil(cases / 10 / casesPerProgram)
	for (let done = 0; done < programs && failures.length < mismatchLimit; done += programsPerBoot) {
		const batch = Array.from({length: Math.min(programsPerBoot, programs - done)}, (_, index) =>
			generateFloat(seedOf(seed, done + index)),
		)
		failures.push(...(await keepAll(await findMismatches(batch), mismatchLimit - failures.length)))
		progress(
			`seed ${seed}: ${(done + batch.length) * casesPerProgram} cases against QEMU, ${failures.length} mismatches`,
		)
	}
	return {seed, programs, failures, oracleCases: cases, qemuCases: programs * casesPerProgram}
}

/** Stores programs of each kind, with the record that both sides agree on. */
async function recordPrograms(count: number, {seed}: FuzzOptions): Promise<Summary> {
	const programs = generate(seed, 0, count)
	const failures = (await compareRecords(programs)).map(describeMismatch)
	if (failures.length > 0) return {seed, programs: count, failures}
	for (const program of programs) {
		const found = {about: 'both agreed', program, expected: await recordOf(program)}
		await writeCase(`agreed-${program.kind}-${program.seed}`, found)
	}
	return {seed, programs: count, failures}
}

function report(summary: Summary, seconds: number): void {
	const {seed, programs, failures, cases, missing, oracleCases, qemuCases} = summary
	console.log(`seed ${seed}: ${programs} programs in ${seconds} s, ${failures.length} mismatches`)
	if (oracleCases !== undefined) console.log(`${oracleCases} cases against the oracle, ${qemuCases} against QEMU`)
	if (cases) {
		const lines = Object.entries(cases as Record<string, number>).map(([row, count]) => `${row} ${count}`)
		console.log(`cases by row, the rarest first:\n  ${lines.join(', ')}`)
		for (const [row, reason] of rowsWithoutComparison) console.log(`not compared: ${row}: ${reason}`)
		for (const {reason} of knownDifferences) console.log(`known difference: ${reason}`)
		for (const use of avoidedUses) console.log(`avoided: ${use}`)
		console.log((missing as string[]).length === 0 ? 'every other row was compared' : `rows without a case: ${missing}`)
	}
	for (const failure of failures) console.log(`mismatch: ${failure}`)
}

type ScriptOptions = FuzzOptions & MachineSwitches & Readonly<{float?: boolean; record?: number; json?: boolean}>

async function fuzz({float, record, json, seed, minutes, cases, programs, ...machine}: ScriptOptions): Promise<void> {
	useTranslation(machine)
	const start = performance.now()
	const options = {seed, minutes, cases, ...(programs !== undefined && {programs})}
	const summary = await (record !== undefined
		? recordPrograms(record, options)
		: float
			? fuzzFloat(options)
			: fuzzPrograms(options))
	progress('')
	const seconds = Math.round((performance.now() - start) / 100) / 10
	if (json) console.log(JSON.stringify({...summary, seconds}, null, '\t'))
	else report(summary, seconds)
	if (summary.failures.length > 0) process.exitCode = 1
}

const most = 1_000_000_000
const command = scriptCommand('fuzz', 'compares this machine with QEMU on random programs')
	.option('--minutes <n>', 'how long', numberFrom(0, 100_000), 1)
	.option('--programs <n>', 'how many instead', integerFrom(1, most))
	.option('--float', 'floating point only: --cases against the oracle, and a tenth of them against QEMU')
	.option('--cases <n>', 'number of cases, with --float', integerFrom(1, most), 1_000_000)
	.option('--record <n>', 'store n programs on which both agree, for machines without QEMU', integerFrom(1, most))
	.option('--seed <n>', 'seed of the programs (default: random)', integerFrom(0, 2 ** 32 - 1))
	.option('--json', 'print JSON')
	.action((options) => fuzz({...options, seed: options.seed ?? Math.floor(Math.random() * 2 ** 32)}))
await runScript('fuzz', addMachineSwitches(command))
