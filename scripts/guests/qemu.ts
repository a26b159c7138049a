/** Runs guests under qemu-system-riscv64. */
import {spawn} from 'node:child_process'

export type QemuRun = Readonly<{console: string; exitCode: number | null; seconds: number; timedOut: boolean}>

export type QemuOptions = ConsoleOptions &
	Readonly<{
		kernel: string
		initrd?: string
		append?: string
		harts: number
		/** As QEMU spells it. */
		memory?: string
	}>

/** @throws with code ENOENT when QEMU is not installed. */
export function runQemu({kernel, initrd, append, harts, memory, ...options}: QemuOptions): Promise<QemuRun> {
	const parts = [
		...['-kernel', kernel],
		...(initrd ? ['-initrd', initrd] : []),
		...(append ? ['-append', append] : []),
		...(memory ? ['-m', memory] : []),
	]
	const machine = ['-M', 'virt', '-smp', `${harts}`, '-nographic', '-monitor', 'none', '-serial', 'stdio']
	const devices = ['-accel', 'tcg,thread=multi', '-device', 'virtio-rng-device']
	return runConsole('qemu-system-riscv64', [...machine, ...devices, ...parts], options)
}

export type ConsoleOptions = Readonly<{
	timeoutSeconds: number
	/** Ends the run when the console matches. */
	until?: RegExp
	/** Called with the whole console whenever it has grown. */
	onConsole?: (console: string) => void
}>

/** Runs a program whose output is a guest's console. The time is from its start to its end, or to the match. */
export async function runConsole(
	program: string,
	args: readonly string[],
	{timeoutSeconds, until, onConsole}: ConsoleOptions,
): Promise<QemuRun> {
	const start = performance.now()
	const child = spawn(program, args, {stdio: ['ignore', 'pipe', 'pipe']})
	let console = ''
	let timedOut = false
	let end: number | undefined
	const read = (text: string) => {
		console += text
		onConsole?.(console)
		if (!until?.test(console) || end !== undefined) return
		end = performance.now()
		child.kill('SIGTERM')
	}
	child.stdout.setEncoding('utf8').on('data', read)
	child.stderr.setEncoding('utf8').on('data', read)
	const timer = setTimeout(() => {
		timedOut = true
		child.kill('SIGKILL')
	}, timeoutSeconds * 1000)
	try {
		const exitCode = await new Promise<number | null>((resolve, reject) => {
			child.on('error', reject)
			child.on('close', resolve)
		})
		return {console, exitCode, seconds: ((end ?? performance.now()) - start) / 1000, timedOut}
	} finally {
		clearTimeout(timer)
	}
}
