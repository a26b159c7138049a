/** A machine for tests, whose guest is a script. */
import type {CommandLineMachine, MachineOptions, MachineOutcome} from '../../../src/main/machine-interface.ts'

export type Guest = {
	/** Prints at the console. */
	print: (text: string) => void
	/** @returns the input since the last call; waits for some. */
	typed: () => Promise<string>
	/** Aborted when the machine is disposed of. */
	signal: AbortSignal
}

export type Script = (guest: Guest, options: MachineOptions) => Promise<MachineOutcome> | MachineOutcome

export const powerOff: MachineOutcome = {reason: 'power-off', exitCode: 0}

/** Does nothing until the machine is disposed of. */
export function forever({signal}: Guest): Promise<MachineOutcome> {
	const {promise, resolve} = Promise.withResolvers<MachineOutcome>()
	signal.addEventListener('abort', () => resolve(powerOff), {once: true})
	return promise
}

export function fakeMachine(script: Script, options: MachineOptions): CommandLineMachine {
	const output = new TransformStream<Uint8Array>(undefined, undefined, {highWaterMark: 1000})
	const writer = output.writable.getWriter()
	const input: string[] = []
	let wake = () => {}
	const disposal = new AbortController()
	const guest: Guest = {
		print: (text) => void writer.write(Buffer.from(text)),
		typed: async () => {
			while (input.length === 0) await new Promise<void>((resolve) => (wake = resolve))
			return input.splice(0).join('')
		},
		signal: disposal.signal,
	}
	return {
		console: {
			[Symbol.asyncIterator]: () => output.readable[Symbol.asyncIterator](),
			async write(data) {
				input.push(Buffer.from(data as Uint8Array).toString())
				wake()
				return true
			},
		},
		async run() {
			const outcome = await script(guest, options)
			writer.close().catch(() => {})
			return outcome
		},
		statistics: () => ({instructions: 12n, smp: options.smp}),
		digest: async () => '0123abcd',
		deviceTree: () => Buffer.from('device tree'),
		async [Symbol.asyncDispose]() {
			disposal.abort()
		},
	}
}
