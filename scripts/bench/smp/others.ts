/** What other processes take from a measurement: cores, from the system's count of busy time. Linux only. */
import {readFileSync} from 'node:fs'
import {setTimeout as delay} from 'node:timers/promises'
import {cpuSecondsOfChildren} from '../../../src/bench/host.ts'

/** Linux: the same on all architectures. */
const ticksPerSecond = 100

/**
 * Begins to look. @returns a function for the end, when all children of this process have ended: it returns cores on average,
 * or undefined where there is no /proc.
 */
export function watchOthers(): () => number | undefined {
	const [began, before] = [performance.now(), foreignSeconds()]
	return () => {
		const after = foreignSeconds()
		if (before === undefined || after === undefined) return undefined
		const seconds = (performance.now() - began) / 1000
		return Math.max(0, Math.round((100 * (after - before)) / seconds) / 100)
	}
}

/** Of a look at whether the system is quiet, in milliseconds. */
const lookLength = 1000

/** Waits until others take at most so many cores. @returns whether they do; false when the deadline, of performance.now(), is over. */
export async function untilQuiet(cores: number, deadline: number, signal: AbortSignal): Promise<boolean> {
	while (!signal.aborted && performance.now() < deadline) {
		const others = watchOthers()
		await delay(lookLength, undefined, {signal}).catch(() => {})
		const seen = others()
		if (seen === undefined || seen <= cores) return true
	}
	return false
}

function foreignSeconds(): number | undefined {
	const children = cpuSecondsOfChildren()
	const busy = busySeconds()
	if (children === undefined || busy === undefined) return undefined
	const {user, system} = process.cpuUsage()
	return busy - children - (user + system) / 1e6
}

function busySeconds(): number | undefined {
	try {
		return parseBusy(readFileSync('/proc/stat', 'latin1'))
	} catch {
		return undefined
	}
}

/** proc(5): user, nice, system, idle, iowait, irq, softirq, steal; guests are part of user. @returns seconds of all cores. */
export function parseBusy(stat: string): number {
	const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = stat
		.split('\n')[0]!
		.trim()
		.split(/\s+/)
		.map(Number)
	return (user + nice + system + irq + softirq + steal) / ticksPerSecond
}
