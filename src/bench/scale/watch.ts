/** What the measured part of a program costs the host: the engine's process, and the host itself. */
import {type CoreTimes, coreTimes, type ProcessTimes, processTimes} from '../host.ts'
import {type Mark, type ProgramCost, parseMark} from './console.ts'
import type {Run} from './record.ts'
import {type Span, TaskSpans} from './task-spans.ts'

export type HostCosts = Pick<
	Run,
	'cpuSeconds' | 'waitedSeconds' | 'voluntarySwitches' | 'involuntarySwitches' | 'stealSeconds' | 'otherCores'
>

export type Sample = Readonly<{
	at: number
	process: ProcessTimes | undefined
	cores: CoreTimes | undefined
	/** Seconds of this process. */
	own: number
}>

const rounded = (value: number) => Math.max(0, Math.round(value * 1e4) / 1e4)

/** @param pid of the engine; undefined: of the host alone. */
export function sample(pid: number | undefined): Sample {
	const {user, system} = process.cpuUsage()
	return {
		at: performance.now(),
		process: pid === undefined ? undefined : processTimes(pid),
		cores: coreTimes(),
		own: (user + system) / 1e6,
	}
}

/** @param own what a program on the host says of itself. */
export function costsBetween({before, after}: Span<Sample>, own?: ProgramCost): HostCosts {
	const process = own
		? {
				cpuSeconds: rounded(own.cpuSeconds),
				voluntarySwitches: own.voluntary,
				involuntarySwitches: own.involuntary,
			}
		: processCosts(before.process, after.process)
	const seconds = (after.at - before.at) / 1000
	if (!before.cores || !after.cores) return {...process}
	const steal = after.cores.steal - before.cores.steal
	const busy = after.cores.busy - before.cores.busy - steal
	const others = process && busy - process.cpuSeconds - (after.own - before.own)
	return {
		...process,
		stealSeconds: rounded(steal),
		...(others !== undefined && {otherCores: rounded(others / Math.max(seconds, 0.01))}),
	}
}

function processCosts(before: ProcessTimes | undefined, after: ProcessTimes | undefined) {
	if (!before || !after) return undefined
	return {
		cpuSeconds: rounded(after.cpuSeconds - before.cpuSeconds),
		waitedSeconds: rounded(after.waitedSeconds - before.waitedSeconds),
		voluntarySwitches: Math.max(0, after.voluntary - before.voluntary),
		involuntarySwitches: Math.max(0, after.involuntary - before.involuntary),
	}
}

/** Follows a console that grows. */
export class MarkReader {
	readonly #onMark: (mark: Mark) => void
	#read = 0

	constructor(onMark: (mark: Mark) => void) {
		this.#onMark = onMark
	}

	/** @param console all of it so far. */
	see(console: string): void {
		for (let end = console.indexOf('\n', this.#read); end >= 0; end = console.indexOf('\n', this.#read)) {
			const mark = parseMark(console.slice(this.#read, end))
			this.#read = end + 1
			if (mark) this.#onMark(mark)
		}
	}
}

/** Samples at the marks of a guest's console. */
export class TaskWatch {
	readonly #spans = new TaskSpans<Sample>()
	readonly #reader: MarkReader

	constructor(pid: () => number | undefined) {
		this.#reader = new MarkReader((mark) => this.#spans.add(mark, sample(pid())))
	}

	/** By keyOf(), of the tasks that have ended. */
	get costs(): ReadonlyMap<string, HostCosts> {
		return new Map([...this.#spans.spans].map(([key, span]) => [key, costsBetween(span)]))
	}

	/** @param console all of it so far. */
	see(console: string): void {
		this.#reader.see(console)
	}
}
