/** Input on its way to the guest: to the console of one machine after another, in order. Waits while there is none. */
import type {MachineConsole} from '../machine-interface.ts'

export class ConsoleInput {
	#console: MachineConsole | undefined
	/** Bytes that no guest has taken. */
	#untaken = 0
	#waiting: {bytes: Uint8Array; sent: PromiseWithResolvers<unknown>}[] = []

	/** Bytes that wait for a guest. */
	get untaken(): number {
		return this.#untaken
	}

	/** @returns a promise that resolves when a guest has taken the bytes, or its machine has ended. */
	async write(bytes: Uint8Array): Promise<void> {
		this.#untaken += bytes.length
		await (this.#console ? this.#console.write(bytes) : this.#wait(bytes))
		this.#untaken -= bytes.length
	}

	connect(console: MachineConsole): void {
		this.#console = console
		for (const {bytes, sent} of this.#waiting.splice(0)) console.write(bytes).then(sent.resolve, sent.reject)
	}

	disconnect(): void {
		this.#console = undefined
	}

	#wait(bytes: Uint8Array): Promise<unknown> {
		const sent = Promise.withResolvers<unknown>()
		this.#waiting.push({bytes, sent})
		return sent.promise
	}
}
