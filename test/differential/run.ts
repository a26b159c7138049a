/** Runs a test image here and under QEMU, and parses what each printed. */
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {runConsole} from '../../src/bench/index.ts'
import {Machine, type TranslationOptions} from '../../src/main/index.ts'
import {testTranslation} from '../support/translation.ts'
import {pteCountIndex, recordNames, trapsIndex} from './layout.ts'

const memoryMebibytes = 128
/**
 * Extensions of QEMU's default that this machine lacks are off: hypervisor, carry-less multiplication. Svnapot and
 * Svpbmt stay off, since with them QEMU 7.2 no longer checks reserved bits of PTEs.
 */
const qemuCpu = 'rv64,h=off,zbc=off,svinval=on'
/**
 * With one hart QEMU splits AMOs into loads and stores, and reports load exceptions for them. The second hart sleeps.
 */
const qemuHarts = 2
const didNotEnd = 'did not end'

/** One program's output: its digest, and the dwords of its record if whole records are printed. */
export type Outcome = Readonly<{digest: string; dwords: readonly string[]}>
export type Run = Readonly<{outcomes: readonly Outcome[]; console: string; problem?: string}>
type RunOptions = Readonly<{timeoutSeconds: number}>

async function withFile<Result>(image: Uint8Array, use: (path: string) => Promise<Result>): Promise<Result> {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-differential-'))
	try {
		const path = join(folder, 'image.elf')
		await writeFile(path, image)
		return await use(path)
	} finally {
		await rm(folder, {recursive: true})
	}
}

export const runHere = (
	image: Uint8Array,
	{timeoutSeconds, translation = testTranslation()}: RunOptions & {translation?: TranslationOptions},
): Promise<Run> =>
	withFile(image, async (kernel) => {
		const signal = AbortSignal.timeout(timeoutSeconds * 1000)
		await using machine = await Machine.create({
			smp: 1,
			memory: memoryMebibytes * 2 ** 20,
			kernel,
			bios: 'none',
			signal,
			...translation,
		})
		const outcome = machine.run()
		const decoder = new TextDecoder()
		let console = ''
		for await (const bytes of machine.console) console += decoder.decode(bytes, {stream: true})
		const {reason, message} = await outcome
		if (signal.aborted) return parse(console, didNotEnd)
		return reason === 'power-off' ? parse(console) : parse(console, message ?? `ended by ${reason}`)
	})

/** @throws with code ENOENT where QEMU is not installed. */
export const runQemu = (image: Uint8Array, {timeoutSeconds}: RunOptions): Promise<Run> =>
	withFile(image, async (kernel) => {
		const machine = [
			'-M',
			'virt',
			'-cpu',
			qemuCpu,
			'-smp',
			`${qemuHarts}`,
			'-m',
			`${memoryMebibytes}M`,
			'-bios',
			'none',
		]
		const io = ['-nographic', '-monitor', 'none', '-serial', 'stdio', '-kernel', kernel]
		const {console, timedOut, exitCode} = await runConsole('qemu-system-riscv64', [...machine, ...io], {timeoutSeconds})
		if (timedOut) return parse(console, didNotEnd)
		return exitCode === 0 ? parse(console) : parse(console, `QEMU left with ${exitCode}: ${console.slice(-500)}`)
	})

const mostRuns = 3

/**
 * Runs it again if it did not end, or if the last lines are missing: a loaded host may starve it, and it may exit
 * before its console is written.
 */
export async function runQemuWhole(
	image: Uint8Array,
	options: RunOptions & {isWhole: (run: Run) => boolean},
): Promise<Run> {
	let run = await runQemu(image, options)
	for (let runs = 1; runs < mostRuns && !options.isWhole(run); runs++) run = await runQemu(image, options)
	return run
}

/** In digest runs each line is a digest; `records` are parsed by asRecords(). */
function parse(console: string, problem?: string): Run {
	const lines = console.split(/\r?\n/).filter((line) => /^[0-9a-f]{16}$/.test(line))
	return {outcomes: lines.map((digest) => ({digest, dwords: []})), console, ...(problem && {problem})}
}

/** @returns the run of an image that prints records: one outcome for each program. */
export function asRecords(run: Run): Run {
	const lines = run.outcomes.map(({digest}) => digest)
	const outcomes: Outcome[] = []
	for (let at = 0; at < lines.length; ) {
		const count = (index: number) => Number.parseInt(lines[at + 1 + index] ?? '0', 16)
		const length = recordNames(count(trapsIndex), count(pteCountIndex)).length
		outcomes.push({digest: lines[at]!, dwords: lines.slice(at + 1, at + 1 + length)})
		at += 1 + length
	}
	return {...run, outcomes}
}
