/** Runs a machine whose guest builds a disk, and follows what it says. */
import {rm} from 'node:fs/promises'
import {availableParallelism} from 'node:os'
import {UserError} from '../../errors.ts'
import {Machine} from '../library-machine.ts'
import {translationsFolder} from './cache-folder.ts'
import {buildMark, buildTag, buildWord} from './disk-guest-init.ts'

/** What is done in each step, and its part of the whole. In this order; the names are those that the scripts say. */
const steps = [
	{name: 'making the file system', part: 0.02, each: /^@manyhart tool (\S+)/},
	{name: 'unpacking the essential packages', part: 0.1, each: /^@manyhart extracted (\S+)/},
	{name: 'installing the essential packages', part: 0.3, each: /^status: ([^:]+)(?::\S+)?: (?:unpacked|installed)/},
	{name: 'unpacking the packages', part: 0.24, each: /^status: ([^:]+)(?::\S+)?: unpacked/},
	{name: 'configuring the packages', part: 0.28, each: /^status: ([^:]+)(?::\S+)?: installed/},
	{name: 'finishing', part: 0.03, each: undefined},
	{name: 'checking the file system', part: 0.03, each: undefined},
] as const

/** How many packages are done in each step. */
export type BuildCounts = Readonly<{tools: number; essential: number; packages: number}>

/** Follows the lines of a build. */
export class BuildProgress {
	readonly #counts: readonly number[]
	#step = 0
	#done = new Set<string>()
	/** What the guest said last; undefined: nothing that ends it. */
	result: 'done' | Readonly<{failure: string; isDamaged: boolean}> | undefined

	constructor({tools, essential, packages}: BuildCounts) {
		this.#counts = [tools, essential, 2 * essential, packages, packages, 1, 1]
	}

	/** The present step, as text. */
	get step(): string {
		return steps[this.#step]!.name
	}

	/** Of all steps that have something to do, 0 to 1. */
	get fraction(): number {
		const parts = steps.map(({part}, index) => (this.#counts[index] === 0 ? 0 : part))
		const sum = (some: readonly number[]) => some.reduce((total, part) => total + part, 0)
		const present = parts[this.#step]! * Math.min(1, this.#done.size / Math.max(1, this.#counts[this.#step]!))
		return (sum(parts.slice(0, this.#step)) + present) / sum(parts)
	}

	/** @param line without its end. */
	push(line: string): void {
		const [, word, rest = ''] = new RegExp(`^${buildMark} (\\w+) ?(.*)$`).exec(line) ?? []
		if (word === 'done') this.result = 'done'
		else if (word === 'failed' || word === 'damaged') this.result = {failure: rest, isDamaged: word === 'damaged'}
		else if (word === 'step') {
			const index = steps.findIndex(({name}) => name === rest)
			if (index < 0) return
			this.#step = index
			this.#done = new Set()
		} else if (steps[this.#step]!.each?.test(line)) this.#done.add(line)
	}
}

export type BuildOptions = Readonly<{
	kernel: string
	initrd: string
	/** The image. */
	disk: string
	/** The folder of what the guest takes. */
	folder: string
	counts: BuildCounts
	onProgress: (progress: Readonly<{step: string; fraction: number}>) => void
	signal: AbortSignal | undefined
	/** Milliseconds without a word after which it is given up. */
	patience?: number
}>

/** dpkg does one thing at a time; the second hart is for the kernel's threads, and for what scripts start side by side. */
const harts = Math.min(2, availableParallelism())
const memory = 768 * 2 ** 20
const usualPatience = 900_000
/** Lines of the console that are kept for the message of a failure. */
const keptLines = 20

/** The file system on the disk is not whole. */
class DamagedDisk extends UserError {}

/** Resolves once the disk is whole. One that is damaged is removed. @throws UserError if the guest fails; the signal's reason. */
export async function buildDisk(options: BuildOptions): Promise<void> {
	try {
		await runBuild(options)
	} catch (error) {
		// A build that went on from it would find the same damage again.
		if (error instanceof DamagedDisk) await rm(options.disk, {force: true})
		throw error
	}
}

async function runBuild(options: BuildOptions): Promise<void> {
	const {kernel, initrd, disk, folder, counts, onProgress, signal, patience = usualPatience} = options
	await using machine = await Machine.create({
		smp: harts,
		memory,
		kernel,
		initrd,
		append: `console=ttyS0,115200n8r quiet loglevel=3 panic=-1 ${buildWord}`,
		drives: [{file: disk, format: 'qcow2'}],
		shares: [{path: folder, tag: buildTag, readOnly: true}],
		// What the guest and further ones run first is what ran here.
		translationCache: translationsFolder(),
		...(signal && {signal}),
	})
	const progress = new BuildProgress(counts)
	const last: string[] = []
	let isSilent = false
	const silence = setTimeout(() => {
		isSilent = true
		machine.stop()
	}, patience)
	try {
		const running = machine.run()
		for await (const line of linesOf(machine.console)) {
			silence.refresh()
			progress.push(line)
			if (line !== '' && last.push(line) > keptLines) last.shift()
			onProgress({step: progress.step, fraction: progress.fraction})
		}
		const {reason, message} = await running
		signal?.throwIfAborted()
		if (progress.result === 'done' && reason === 'power-off') return
		const failure = `Expected the guest to build its disk, got: ${failureOf()}`
		if (typeof progress.result === 'object' && progress.result.isDamaged)
			throw new DamagedDisk(`${failure}; the disk is removed, and the next fetch makes it anew`)
		throw new UserError(failure)

		function failureOf(): string {
			if (isSilent) return `no word for ${patience / 1000} s while ${progress.step}; the last: ${last.at(-1)}`
			if (typeof progress.result === 'object') return `${progress.step}: ${progress.result.failure || last.at(-2)}`
			return `${message ?? reason} while ${progress.step}; the last line: ${last.at(-1)}`
		}
	} finally {
		clearTimeout(silence)
	}
}

async function* linesOf(console: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
	let rest = ''
	for await (const bytes of console) {
		const lines = (rest + Buffer.from(bytes).toString('latin1')).split(/\r*\n/)
		rest = lines.pop()!
		yield* lines
	}
	yield rest
}
