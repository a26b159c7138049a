/** qemu-system-riscv64: which there are, and how a guest is started on the board that Manyhart has, too. */
import {access, constants, realpath} from 'node:fs/promises'
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
	/** Further options. */
	devices?: readonly string[]
}>

export function qemuArguments({
	kernel,
	initrd,
	append,
	harts,
	memory,
	monitor,
	devices: further = [],
}: QemuMachine): readonly string[] {
	const parts = [
		...['-kernel', kernel],
		...(initrd ? ['-initrd', initrd] : []),
		...(append ? ['-append', append] : []),
		...(memory ? ['-m', memory] : []),
	]
	const channels = ['-monitor', monitor ? `unix:${monitor},server=on,wait=off` : 'none', '-serial', 'stdio']
	const machine = ['-M', 'virt', '-smp', `${harts}`, '-nographic', ...channels]
	const devices = ['-accel', 'tcg,thread=multi', '-device', 'virtio-rng-device']
	return [...machine, ...devices, ...further, ...parts]
}

/** @returns undefined: there is none in the PATH. */
export const findQemu = async (): Promise<string | undefined> => (await findQemus())[0]

/** @returns all that are in the PATH, each once. */
export async function findQemus(): Promise<readonly string[]> {
	const found = new Map<string, string>()
	for (const folder of (process.env.PATH ?? '').split(delimiter).filter(Boolean)) {
		const file = join(folder, qemuProgram)
		const real = await access(file, constants.X_OK).then(
			() => realpath(file),
			() => undefined,
		)
		if (real !== undefined && !found.has(real)) found.set(real, file)
	}
	return [...found.values()]
}

/** @param named as in qemuCommand(). @param option for messages. @returns its version, such as 7.2.22. @throws UserError unless it is a QEMU for RISC-V. */
export async function qemuVersionOf(named: string, option = '--qemu'): Promise<string> {
	const {program, args} = qemuCommand(named)
	const {console} = await runConsole(program, [...args, '--version'], {timeoutSeconds: 10}).catch((error: Error) => {
		throw expected(`${option} to be a ${qemuProgram}`, error.message)
	})
	const version = /^QEMU emulator version (\S+)/.exec(console)?.[1]
	if (version === undefined) throw expected(`${option} to be a ${qemuProgram}`, named)
	return version
}
