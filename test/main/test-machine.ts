/** Machines for tests: created from a tiny guest or a guest program, and disposed of at the end of the test. */
import {subscribe} from 'node:diagnostics_channel'
import type {Worker} from 'node:worker_threads'
import type {ExecutionContext} from 'ava'
import {heartbeat} from '../../src/main/heartbeat.ts'
import {Machine, type MachineOptions} from '../../src/main/index.ts'
import {patience} from '../support/patience.ts'
import {testTranslation} from '../support/translation.ts'
import {temporaryFile} from './boot/boot-files.ts'

export const mebibyte = 2 ** 20

/** @param kernel a path, or the bytes of a raw binary. */
export async function createMachine(
	t: ExecutionContext,
	{kernel, ...options}: Partial<Omit<MachineOptions, 'kernel'>> & {kernel: string | Uint8Array},
): Promise<Machine> {
	const path = typeof kernel === 'string' ? kernel : await temporaryFile(t, kernel)
	const machine = await Machine.create({smp: 1, memory: 64 * mebibyte, ...testTranslation(), ...options, kernel: path})
	t.teardown(() => machine[Symbol.asyncDispose]())
	return machine
}

/** @returns the machine's output until it ends. */
export async function readConsole(machine: Machine): Promise<string> {
	let text = ''
	for await (const bytes of machine.console) text += Buffer.from(bytes).toString('latin1')
	return text
}

/**
 * The test beats by hand, so that no limit of a machine created meanwhile ends what hangs.
 * @returns a beat of every machine that runs.
 */
export function beatByHand(t: ExecutionContext): () => void {
	const {start} = heartbeat
	const beats = new Set<() => void>()
	heartbeat.start = (beat) => {
		beats.add(beat)
		// Keeps the process alive, as the machine's own timer does.
		const timer = setInterval(() => {}, 60_000)
		return {
			[Symbol.dispose]: () => {
				beats.delete(beat)
				clearInterval(timer)
			},
		}
	}
	t.teardown(() => {
		heartbeat.start = start
	})
	return () => {
		for (const beat of beats) beat()
	}
}

const workers: Worker[] = []
subscribe('worker_threads', (message) => void workers.push((message as {worker: Worker}).worker))

/** @returns the worker threads started since the last call. */
export function newWorkers(): Worker[] {
	return workers.splice(0)
}

/** Resolves once the condition holds; checks every 10 ms. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
	const deadline = performance.now() + patience
	while (!(await condition())) {
		if (performance.now() > deadline) throw new Error(`Expected within ${patience / 1000} seconds: ${what}`)
		await new Promise((resolve) => setTimeout(resolve, 10))
	}
}
