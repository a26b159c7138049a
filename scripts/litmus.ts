/**
 * Runs the litmus programs (test/litmus/table.ts) and prints their histograms.
 *
 *     npm run litmus -- [--iterations 1000000] [--seed N] [--only TEXT] [--increments 10000000] [--rounds 10000]
 *
 * Then runs increments by each atomic primitive, and rounds of self-modifying code, on four harts. 0 skips a part.
 * Other switches configure the machine: see test/support/translation.ts. Exit code 1 on a forbidden outcome or a failed
 * check. Build the project first.
 */
import {withParameters} from '../test/guests/parameters.ts'
import {shownByTotalStoreOrder} from '../test/litmus/memory-model.ts'
import {describeOutcome, type Program, readRow} from '../test/litmus/program.ts'
import {type Histogram, judge, runGuest, runPrograms} from '../test/litmus/run.ts'
import {rows} from '../test/litmus/table.ts'
import {addMachineSwitches, type MachineSwitches, useTranslation} from '../test/support/translation.ts'
import {BuildError} from './build/project.ts'
import {integerFrom, runScript, scriptCommand} from './build/script-command.ts'

/** Few, so that the first histograms appear soon. */
const programsPerMachine = 8

function report(program: Program, histogram: Histogram): number {
	const {wrong, relaxed} = judge(program, histogram)
	const verdict =
		program.verdict === 'forbidden' ? 'forbidden' : shownByTotalStoreOrder(program) ? 'allowed, TSO too' : 'allowed'
	console.log(`${wrong.length > 0 ? 'FAIL' : 'ok  '} ${program.name} (${verdict}, seen ${relaxed} times)`)
	for (const [outcome, count] of [...histogram].toSorted(([one], [other]) => one - other)) {
		const mark = wrong.includes(outcome) ? '  FORBIDDEN' : outcome === program.target ? '  relaxed' : ''
		console.log(`     ${String(count).padStart(9)}  ${describeOutcome(program, outcome)}${mark}`)
	}
	return wrong.length
}

/** Runs a guest program that checks itself. @throws when a check fails. */
async function runContention(name: string, amount: number): Promise<void> {
	if (amount === 0) return
	const began = performance.now()
	console.log((await runGuest(await withParameters(name, [amount]), {harts: 4})).trimEnd())
	console.log(`# ${name} with ${amount}: ${((performance.now() - began) / 1000).toFixed(1)} s`)
}

type LitmusOptions = MachineSwitches &
	Readonly<{iterations: number; seed?: number; only?: string; increments: number; rounds: number}>

async function litmus({iterations, only = '', increments, rounds, ...options}: LitmusOptions): Promise<void> {
	const {seed = 1 + (Date.now() % 1_000_000), ...machine} = options
	useTranslation(machine)
	console.log(`litmus: ${iterations} iterations each, seed ${seed}`)
	const programs = iterations > 0 ? rows.map(readRow).filter(({name}) => name.includes(only)) : []
	const start = performance.now()
	let wrong = 0
	for (const harts of [2, 3, 4]) {
		const those = programs.filter((program) => program.harts.length === harts)
		if (those.length === 0) continue
		const began = performance.now()
		for (let first = 0; first < those.length; first += programsPerMachine) {
			const some = those.slice(first, first + programsPerMachine)
			const histograms = await runPrograms(some, {iterations, seed: seed + first})
			for (const [index, program] of some.entries()) wrong += report(program, histograms[index]!)
		}
		console.log(`# ${those.length} programs on ${harts} harts: ${((performance.now() - began) / 1000).toFixed(1)} s`)
	}
	const seconds = ((performance.now() - start) / 1000).toFixed(1)
	console.log(`litmus: ${programs.length} programs, ${wrong} forbidden outcomes, ${seconds} s`)
	await runContention('lrsc', increments)
	await runContention('self-modify', rounds)
	if (wrong > 0) throw new BuildError('Expected no forbidden outcome')
}

const most = 1_000_000_000
const command = scriptCommand(
	'litmus',
	'runs the litmus programs and prints their histograms, then increments and self-modifying code on four harts',
)
	.option('--iterations <n>', 'iterations of each program', integerFrom(0, most), 1_000_000)
	.option('--seed <n>', 'seed of their random delays (default: from the clock)', integerFrom(1, 2 ** 31 - 1))
	.option('--only <text>', 'only programs whose names contain it')
	.option('--increments <n>', 'increments by each atomic primitive; 0: none', integerFrom(0, most), 10_000_000)
	.option('--rounds <n>', 'rounds of self-modifying code; 0: none', integerFrom(0, most), 10_000)
	.action(litmus)
await runScript('litmus', addMachineSwitches(command))
