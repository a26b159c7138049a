/** The machine's options have two spellings: messages name them as the command line does, and the library otherwise. */
import {UserError} from '../errors.ts'
import type {MachineOptions} from './machine-interface.ts'

/** By the option's field, what the command line calls it. */
const commandLineNames = {
	smp: '--smp',
	memory: '--memory',
	kernel: '--kernel',
	initrd: '--initrd',
	bios: '--bios',
	dtb: '--dtb',
	append: '--append',
	drives: '--drive',
	networks: '--nic',
	shares: '--share',
	balloon: '--device virtio-balloon-device',
	tlb: '--tlb',
	dumpWasm: '--dump-wasm',
	trace: '--trace',
	serial: '--serial',
	ports: '--device virtserialport',
	agent: '--name',
} as const satisfies Partial<Record<keyof MachineOptions, string>>

/** Runs `create`; what it throws names options as the library does. The cause is the error with the other spelling. */
export async function withLibraryNames<Result>(create: () => Promise<Result>): Promise<Result> {
	try {
		return await create()
	} catch (error) {
		if (!(error instanceof UserError)) throw error
		const [what, ...got] = error.message.split(', got ')
		const renamed = Object.entries(commandLineNames).reduce(
			(text, [field, name]) => text.replaceAll(new RegExp(`${name}(?![\\w-])`, 'g'), field),
			what!,
		)
		throw Object.assign(new UserError([renamed, ...got].join(', got '), error.exitCode), {cause: error})
	}
}

/** The message with the command line's spelling. */
export function commandLineMessage({message, cause}: UserError): string {
	return cause instanceof UserError ? cause.message : message
}
