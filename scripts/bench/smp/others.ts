/** What others take from a measurement: cores that other processes have or the hypervisor gives away, from the system's count of busy time. Linux only. */
import {setTimeout as delay} from 'node:timers/promises'
import {coreTimes, cpuSecondsOfChildren} from '../../../src/bench/host.ts'

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
	const busy = coreTimes()?.busy
	if (children === undefined || busy === undefined) return undefined
	const {user, system} = process.cpuUsage()
	return busy - children - (user + system) / 1e6
}
