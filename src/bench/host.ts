/** What the measurements run on, and the CPU time that processes have taken. */
import {readFileSync} from 'node:fs'
import {availableParallelism, cpus} from 'node:os'

export function hostInWords(): string {
	const model = cpus()[0]?.model.trim()
	return `${process.platform}, ${process.arch}, ${availableParallelism()} cores${model ? ` of ${model}` : ''}`
}

/** Linux: its unit of CPU times, the same on all architectures. */
const ticksPerSecond = 100

/**
 * CPU time of all children of this process that have ended, with their children: user and system. proc(5), “cutime”.
 * @returns undefined where there is no /proc.
 */
export function cpuSecondsOfChildren(): number | undefined {
	let text: string
	try {
		text = readFileSync('/proc/self/stat', 'latin1')
	} catch {
		return undefined
	}
	// Field 2, the name, may have spaces and parentheses; fields 16 and 17 are cutime and cstime.
	const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
	return (Number(fields[13]) + Number(fields[14])) / ticksPerSecond
}
