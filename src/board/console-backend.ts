/** The host's end of the console: the main thread reads the guest's output and types its input. */
import type {Uart} from './uart.ts'

export class ConsoleBackend {
	readonly #uart: Uart
	/** Input that the UART has not accepted yet, oldest first. */
	#typed: {bytes: Uint8Array; readonly taken: () => void}[] = []

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

	/** Types bytes; those that do not fit wait here. @param taken called once the UART has accepted all of them. */
	write(bytes: Uint8Array, taken: () => void = () => {}): void {
		// A copy: the caller may use its bytes for something else.
		this.#typed.push({bytes: bytes.slice(), taken})
		this.pump()
	}

	/**
	 * Passes waiting input to the UART while it has room, unless a vCPU holds its lock.
	 * Call it when the consoleInput or the deviceLock bell rings.
	 */
	pump(): void {
		for (let first = this.#typed[0]; first; first = this.#typed[0]) {
			const accepted = this.#uart.feedInput(first.bytes)
			first.bytes = first.bytes.subarray(accepted)
			if (first.bytes.length > 0) return
			this.#typed.shift()
			first.taken()
		}
	}
}
