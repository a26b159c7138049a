/** The console's other end: the main thread reads what the guest sent and types what it shall receive. */
import type {Uart} from './uart.ts'

export class ConsoleBackend {
	readonly #uart: Uart
	/** Typed and not yet accepted, oldest first. */
	#typed: Uint8Array[] = []

	constructor(uart: Uart) {
		this.#uart = uart
	}

	/** @returns everything that the guest has sent since the last call, in pieces. Call it when the consoleOutput or the deviceLock bell rings. */
	read(): Uint8Array<ArrayBuffer>[] {
		return this.#uart.drainOutput()
	}

	/** Types bytes; what finds no room waits here. */
	write(bytes: Uint8Array): void {
		this.#typed.push(bytes)
		this.pump()
	}

	/** Moves what was typed to the guest as far as there is room, unless a vCPU is at the UART. Call it when the consoleInput or the deviceLock bell rings. */
	pump(): void {
		for (let bytes = this.#typed.shift(); bytes; bytes = this.#typed.shift()) {
			const accepted = this.#uart.feedInput(bytes)
			if (accepted === bytes.length) continue
			this.#typed.unshift(bytes.subarray(accepted))
			return
		}
	}
}
