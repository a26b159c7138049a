/** What a run costs the host, from the begin to the end of each program: of the engine's process, and of the host. */
import {type CoreTimes, coreTimes, type ProcessTimes, processTimes} from '../host.ts'
import {keyOf, parseMark} from './console.ts'
import type {Run} from './record.ts'

export type HostCosts = Pick<
	Run,
	'cpuSeconds' | 'waitedSeconds' | 'voluntarySwitches' | 'involuntarySwitches' | 'stealSeconds' | 'otherCores'
>

type Sample = Readonly<{at: number; process: ProcessTimes | undefined; cores: CoreTimes | undefined; own: number}>

const rounded = (value: number) => Math.max(0, Math.round(value * 1e4) / 1e4)

export function sample(pid: number | undefined): Sample {
	const {user, system} = process.cpuUsage()
	return {
		at: performance.now(),
		process: pid === undefined ? undefined : processTimes(pid),
		cores: coreTimes(),
		own: (user + system) / 1e6,
	}
}

/** @param childSeconds of a process that has ended, whose times cannot be sampled. */
export function costsBetween(before: Sample, after: Sample, childSeconds?: number): HostCosts {
	const [one, other] = [before.process, after.process]
	const process = one &&
		other && {
			cpuSeconds: rounded(other.cpuSeconds - one.cpuSeconds),
			waitedSeconds: rounded(other.waitedSeconds - one.waitedSeconds),
			voluntarySwitches: Math.max(0, other.voluntary - one.voluntary),
			involuntarySwitches: Math.max(0, other.involuntary - one.involuntary),
		}
	const cpuSeconds = process?.cpuSeconds ?? childSeconds
	const seconds = (after.at - before.at) / 1000
	const host = before.cores &&
		after.cores && {
			stealSeconds: rounded(after.cores.steal - before.cores.steal),
			...(cpuSeconds !== undefined && {
				otherCores: rounded(
					(after.cores.busy - before.cores.busy - cpuSeconds - (after.own - before.own)) / Math.max(seconds, 0.01),
				),
			}),
		}
	return {...(childSeconds !== undefined && {cpuSeconds: rounded(childSeconds)}), ...process, ...host}
}

/** Follows a console, and samples at the marks. */
export class TaskWatch {
	readonly #costs = new Map<string, HostCosts>()
	readonly #pid: () => number | undefined
	#read = 0
	#began: Sample | undefined

	constructor(pid: () => number | undefined) {
		this.#pid = pid
	}

	/** By keyOf(), of the tasks that have ended. */
	get costs(): ReadonlyMap<string, HostCosts> {
		return this.#costs
	}

	/** @param console all of it so far. */
	see(console: string): void {
		for (let end = console.indexOf('\n', this.#read); end >= 0; end = console.indexOf('\n', this.#read)) {
			const mark = parseMark(console.slice(this.#read, end))
			this.#read = end + 1
			if (mark?.kind === 'begin') this.#began = sample(this.#pid())
			else if (mark && this.#began) this.#costs.set(keyOf(mark.task), costsBetween(this.#began, sample(this.#pid())))
		}
	}
}
