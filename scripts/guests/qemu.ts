/** Runs guests under qemu-system-riscv64. */
import {type ConsoleOptions, type ConsoleRun, runConsole} from '../../src/bench/index.ts'

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
export function runQemu({kernel, initrd, append, harts, memory, ...options}: QemuOptions): Promise<ConsoleRun> {
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
