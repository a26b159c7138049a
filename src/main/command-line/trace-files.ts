/** The traces of a command: a guest that reboots is another machine, with a trace of its own, and all of them share one limit. */
import {stat} from 'node:fs/promises'
import {format as formatPath, parse as parsePath} from 'node:path'
import {leastTraceBytes, type MachineOptions, usualTraceBytes} from '../machine-interface.ts'
import type {RunOptions} from './run-options.ts'

type TraceOptions = Pick<RunOptions, 'trace' | 'traceBytes' | 'traceRate'>

export class TraceFiles {
	readonly #options: TraceOptions
	readonly #say: (line: string) => void
	#machines = 0
	/** Bytes that are left for all that come. */
	#left: number
	#path: string | undefined

	constructor(options: TraceOptions, say: (line: string) => void) {
		this.#options = options
		this.#say = say
		this.#left = options.traceBytes ?? usualTraceBytes
	}

	/** Of the machine that was created last; undefined: it has none. */
	get path(): string | undefined {
		return this.#path
	}

	/** Once for each machine, when the one before has been disposed of. @returns its options. */
	async next(): Promise<Pick<MachineOptions, 'trace' | 'traceBytes' | 'traceRate'>> {
		const {trace, traceBytes, traceRate} = this.#options
		if (trace === undefined) return {}
		if (this.#path !== undefined) this.#left -= await sizeOf(this.#path)
		const hadOne = this.#machines === 0 || this.#path !== undefined
		this.#machines++
		this.#path = this.#left < leastTraceBytes ? undefined : nameOf(trace, this.#machines)
		if (this.#path === undefined) {
			if (hadOne) this.#say('manyhart: after this reboot there are no more traces: --trace-size is for all of them')
			return {}
		}
		const isLimited = traceBytes !== undefined || this.#machines > 1
		return {
			trace: this.#path,
			...(isLimited && {traceBytes: this.#left}),
			...(traceRate !== undefined && {traceRate}),
		}
	}
}

/** @example nameOf('/tmp/a.json', 2) // '/tmp/a-2.json' */
function nameOf(path: string, machine: number): string {
	if (machine === 1) return path
	const {dir, name, ext} = parsePath(path)
	return formatPath({dir, base: `${name}-${machine}${ext}`})
}

/** Bytes; none of a file that is not there. */
const sizeOf = (path: string): Promise<number> =>
	stat(path).then(
		({size}) => size,
		() => 0,
	)
