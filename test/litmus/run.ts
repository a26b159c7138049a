/** Runs litmus programs on a machine, and judges what they show. */
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {availableParallelism, tmpdir} from 'node:os'
import {join} from 'node:path'
import {Machine, type TranslationOptions} from '../../src/main/index.ts'
import {parametersGpa, restOffset, withParameters} from '../guests/parameters.ts'
import {testTranslation} from '../support/translation.ts'
import {programCode} from './code.ts'
import {allowedOutcomes} from './memory-model.ts'
import {outcomeOf, type Program} from './program.ts'

/** Outcome → how often. */
export type Histogram = ReadonlyMap<number, number>

/** Slots per batch: all that test/guests/litmus has; fewer if all harts run at once, so that batches vary more. */
const slots = {together: 512, crowded: 4096} as const
/**
 * Polls for the other harts in a batch, before its slots. Then it goes on without harts that the host does not run just
 * now.
 */
const looks = {together: 2_000_000, crowded: 60_000} as const
const headerWords = 6
const ticksPerSecond = 10_000_000
const programBytes = 8 + 4 * 8 + 4 * 8

export type RunOptions = Readonly<{
	/** At most, and at least one batch. */
	iterations: number
	/** At most, for each program: a loaded host may be slow. */
	seconds?: number
	seed: number
	translation?: TranslationOptions
}>

/** @param programs of one number of harts. @returns histograms in their order. */
export async function runPrograms(programs: readonly Program[], options: RunOptions): Promise<Histogram[]> {
	const harts = programs[0]?.harts.length ?? 0
	const mode = harts <= availableParallelism() ? 'together' : 'crowded'
	const batches = Math.ceil(options.iterations / slots[mode])
	const ticks = Math.ceil((options.seconds ?? 0) * ticksPerSecond)
	const header = [programs.length, batches, slots[mode], looks[mode], ticks, options.seed]
	const elf = await withParameters('litmus', header, image(programs))
	const console = await runGuest(elf, {harts, ...(options.translation && {translation: options.translation})})
	const histograms: Map<number, number>[] = []
	for (const line of console.split('\n')) {
		const [, program] = /^program (\d+)/.exec(line) ?? []
		if (program) histograms[Number(program)] = new Map()
		const [, outcome, count] = /^outcome (\d+): (\d+)/.exec(line) ?? []
		if (outcome) histograms.at(-1)?.set(Number(outcome), Number(count))
	}
	const counted = histograms.map((histogram) => [...histogram.values()].reduce((sum, count) => sum + count, 0))
	const isWhole = (count: number) => (ticks ? count > 0 && count % slots[mode] === 0 : count === batches * slots[mode])
	if (counted.length !== programs.length || counted.some((count) => !isWhole(count))) {
		throw new Error(`Expected ${programs.length} histograms of ${batches * slots[mode]}, got ${counted}:\n${console}`)
	}
	return histograms
}

/** The `struct program[]` of test/guests/litmus/main.c, and the code after it. */
function image(programs: readonly Program[]): Uint8Array {
	const tableBytes = programs.length * programBytes
	const table = new DataView(new ArrayBuffer(tableBytes))
	const code: number[] = []
	for (const [index, program] of programs.entries()) {
		const at = index * programBytes
		const {finals} = program.shape
		table.setBigUint64(at, BigInt(finals.length), true)
		for (const [i, variable] of finals.entries()) {
			const {shift} = program.observations[program.observations.length - finals.length + i]!
			table.setUint32(at + 8 + 8 * i, variable, true)
			table.setUint32(at + 12 + 8 * i, shift, true)
		}
		for (const [hart, words] of programCode(program).entries()) {
			const gpa = parametersGpa + restOffset(headerWords) + tableBytes + 4 * code.length
			table.setBigUint64(at + 40 + 8 * hart, BigInt(gpa), true)
			code.push(...words)
		}
	}
	const bytes = new Uint8Array(tableBytes + 4 * code.length)
	bytes.set(new Uint8Array(table.buffer))
	bytes.set(new Uint8Array(Uint32Array.from(code).buffer), tableBytes)
	return bytes
}

/** @returns what the guest printed. @throws when it did not power off. */
export async function runGuest(
	elf: Uint8Array,
	{
		harts,
		bios,
		translation = testTranslation(),
	}: {harts: number; bios?: 'none' | undefined; translation?: TranslationOptions},
): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-litmus-'))
	try {
		const kernel = join(folder, 'guest.elf')
		await writeFile(kernel, elf)
		await using machine = await Machine.create({
			smp: harts,
			memory: 128 * 2 ** 20,
			kernel,
			...(bios && {bios}),
			...translation,
		})
		const running = machine.run()
		let console = ''
		for await (const bytes of machine.console) console += Buffer.from(bytes).toString('latin1')
		const {reason, exitCode, message} = await running
		if (reason !== 'power-off')
			throw new Error(`The guest ended by ${reason} ${exitCode} ${message ?? ''}:\n${console}`)
		return console
	} finally {
		await rm(folder, {recursive: true})
	}
}

export type Judgement = Readonly<{
	/** Forbidden outcomes that occurred. */
	wrong: readonly number[]
	/** How often the target occurred. */
	relaxed: number
}>

export function judge(program: Program, histogram: Histogram): Judgement {
	const allowed = allowedOutcomes(program)
	return {
		wrong: [...histogram.keys()].filter((outcome) => !allowed.has(outcome)),
		relaxed: histogram.get(outcomeOf(program.shape.target)) ?? 0,
	}
}
