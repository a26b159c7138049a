/** Runs guests under qemu-system-riscv64. */
import {
	type ConsoleOptions,
	type ConsoleRun,
	type QemuMachine,
	qemuArguments,
	qemuProgram,
	runConsole,
} from '../../src/bench/index.ts'

export type QemuOptions = ConsoleOptions & QemuMachine

/** @throws with code ENOENT when QEMU is not installed. */
export function runQemu({kernel, initrd, append, harts, memory, ...options}: QemuOptions): Promise<ConsoleRun> {
	return runConsole(qemuProgram, qemuArguments({kernel, initrd, append, harts, memory}), options)
}
