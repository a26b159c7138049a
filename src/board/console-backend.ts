/** The host's end of the console: the main thread reads the guest's output and types its input. */
import type {Uart} from './uart.ts'

export class ConsoleBackend {
	readonly #uart: Uart
	/** Input that the UART has not accepted yet, oldest first. */
	#typed: Uint8Array[] = []

	constructor(uart: Uart) {
		this.#uart = uart
	}

	/**
	 * Call it when the consoleOutput or the deviceLock bell rings.
	 * @returns the guest's output since the last call, in pieces. If that is not all, the bell rings again.
	 */
	read(): Uint8Array<ArrayBuffer>[] {
		return this.#uart.drainOutput()
	}

	/** Types bytes; those that do not fit wait here. @returns whether none wait. */
	write(bytes: Uint8Array): boolean {
		this.#typed.push(bytes)
		return this.pump()
	}

	/**
	 * Passes waiting input to the UART while it has room, unless a vCPU holds its lock.
	 * Call it when the consoleInput or the deviceLock bell rings.
	 * @returns whether no input waits any more.
	 */
	pump(): boolean {
		for (let bytes = this.#typed.shift(); bytes; bytes = this.#typed.shift()) {
			const accepted = this.#uart.feedInput(bytes)
			if (accepted === bytes.length) continue
			this.#typed.unshift(bytes.subarray(accepted))
			return false
		}
		return true
	}
}
