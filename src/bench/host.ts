/** What the measurements run on, and the CPU time that processes have taken. */
import {readdirSync, readFileSync} from 'node:fs'
import {availableParallelism, cpus, loadavg, release, totalmem} from 'node:os'

export type HostDescription = Readonly<{
	platform: string
	arch: string
	/** The operating system's kernel. */
	release: string
	model?: string
	/** That this process may use. */
	cores: number
	memoryBytes: number
	/** Whether the cores are those of a virtual machine, where Linux says so: their time may be stolen. */
	virtual?: boolean
	/** Processes that ran or were ready, on average over the last minute, when the measuring began. */
	load: number
}>

export function describeHost(): HostDescription {
	const model = cpus()[0]?.model.trim()
	const flags = readSystemFile('/proc/cpuinfo')
	return {
		platform: process.platform,
		arch: process.arch,
		release: release(),
		...(model && {model}),
		cores: availableParallelism(),
		memoryBytes: totalmem(),
		...(flags !== undefined && {virtual: /^flags\s*:.*\bhypervisor\b/m.test(flags)}),
		load: rounded(loadavg()[0]!),
	}
}

export function hostInWords(): string {
	const {platform, arch, cores, model} = describeHost()
	return `${platform}, ${arch}, ${cores} cores${model ? ` of ${model}` : ''}`
}

/** Linux: its unit of CPU times, the same on all architectures. */
const ticksPerSecond = 100

const rounded = (value: number) => Math.round(value * 100) / 100

/** @returns undefined where there is none, as on systems without /proc. */
function readSystemFile(path: string): string | undefined {
	try {
		return readFileSync(path, 'latin1')
	} catch {
		return undefined
	}
}

/**
 * CPU time of all children of this process that have ended, with their children: user and system. proc(5), “cutime”.
 * @returns undefined where there is no /proc.
 */
export function cpuSecondsOfChildren(): number | undefined {
	const text = readSystemFile('/proc/self/stat')
	if (text === undefined) return undefined
	// Field 2, the name, may have spaces and parentheses; fields 16 and 17 are cutime and cstime.
	const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
	return (Number(fields[13]) + Number(fields[14])) / ticksPerSecond
}

/** Of all cores since the system's start, in seconds. */
export type CoreTimes = Readonly<{
	busy: number
	/** That a hypervisor gave to others. Part of busy. */
	steal: number
}>

/** @param stat /proc/stat. proc(5): user, nice, system, idle, iowait, irq, softirq, steal; guests are part of user. */
export function parseCoreTimes(stat: string): CoreTimes {
	const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = stat
		.split('\n')[0]!
		.trim()
		.split(/\s+/)
		.map(Number)
	return {
		busy: (user + nice + system + irq + softirq + steal) / ticksPerSecond,
		steal: steal / ticksPerSecond,
	}
}

/** @returns undefined where there is no /proc. */
export function coreTimes(): CoreTimes | undefined {
	const stat = readSystemFile('/proc/stat')
	return stat === undefined ? undefined : parseCoreTimes(stat)
}

/** What the threads of a process have had so far. Of a thread that has ended nothing counts. */
export type ProcessTimes = Readonly<{
	cpuSeconds: number
	/** Ready to run, without a core. */
	waitedSeconds: number
	/** Switches from a thread that had to wait for something; from one that had to leave its core. */
	voluntary: number
	involuntary: number
}>

/** @returns undefined if the process has ended, or where there is no /proc. */
export function processTimes(pid: number): ProcessTimes | undefined {
	let threads: string[]
	try {
		threads = readdirSync(`/proc/${pid}/task`)
	} catch {
		return undefined
	}
	const sums = {cpuSeconds: 0, waitedSeconds: 0, voluntary: 0, involuntary: 0}
	for (const thread of threads) {
		// Linux kernel documentation, “Scheduler Statistics”: nanoseconds on a core, nanoseconds in the run queue, slices.
		const [ran = 0, waited = 0] = (readSystemFile(`/proc/${pid}/task/${thread}/schedstat`) ?? '').split(' ').map(Number)
		const status = readSystemFile(`/proc/${pid}/task/${thread}/status`) ?? ''
		const switches = (name: string) =>
			Number(new RegExp(`^${name}_ctxt_switches:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
		sums.cpuSeconds += ran / 1e9
		sums.waitedSeconds += waited / 1e9
		sums.voluntary += switches('voluntary')
		sums.involuntary += switches('nonvoluntary')
	}
	return sums
}
