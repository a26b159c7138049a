/** qemu-system-riscv64: which there are, and how a guest is started on the board that Manyhart has, too. */
import {access, constants} from 'node:fs/promises'
import {delimiter, join} from 'node:path'
import {expected} from '../errors.ts'
import {runConsole} from './console-run.ts'
import {qemuCommand} from './qemu-command.ts'

export const qemuProgram = 'qemu-system-riscv64'

export type QemuMachine = Readonly<{
	kernel: string
	initrd?: string | undefined
	append?: string | undefined
	harts: number
	/** As QEMU spells it. */
	memory?: string | undefined
	/** The path of a socket for its monitor; none by default. */
	monitor?: string
}>

export function qemuArguments({kernel, initrd, append, harts, memory, monitor}: QemuMachine): readonly string[] {
	const parts = [
		...['-kernel', kernel],
		...(initrd ? ['-initrd', initrd] : []),
		...(append ? ['-append', append] : []),
		...(memory ? ['-m', memory] : []),
	]
	const channels = ['-monitor', monitor ? `unix:${monitor},server=on,wait=off` : 'none', '-serial', 'stdio']
	const machine = ['-M', 'virt', '-smp', `${harts}`, '-nographic', ...channels]
	const devices = ['-accel', 'tcg,thread=multi', '-device', 'virtio-rng-device']
	return [...machine, ...devices, ...parts]
}

/** @returns undefined: there is none in the PATH. */
export async function findQemu(): Promise<string | undefined> {
	for (const folder of (process.env.PATH ?? '').split(delimiter).filter(Boolean)) {
		const file = join(folder, qemuProgram)
		const isThere = await access(file, constants.X_OK).then(
			() => true,
			() => false,
		)
		if (isThere) return file
	}
	return undefined
}

/** @param named as in qemuCommand(). @returns its version, such as 7.2.22. @throws UserError unless it is a QEMU for RISC-V. */
export async function qemuVersionOf(named: string): Promise<string> {
	const {program, args} = qemuCommand(named)
	const {console} = await runConsole(program, [...args, '--version'], {timeoutSeconds: 10}).catch((error: Error) => {
		throw expected(`--qemu to be a ${qemuProgram}`, error.message)
	})
	const version = /^QEMU emulator version (\S+)/.exec(console)?.[1]
	if (version === undefined) throw expected(`--qemu to be a ${qemuProgram}`, named)
	return version
}
