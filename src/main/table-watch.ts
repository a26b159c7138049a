/**
 * With `--tlb debug=on`: the main thread's part in the quarantine of TLB tables. At each heartbeat it has retired tables
 * quarantined, however few there are, checks those in quarantine, and looks whether tables are held back.
 */
import {type SharedTlbStatistics, type Tlb, UseAfterRetirement} from '../tlb/index.ts'

/** Heartbeats in a row, each with a table held back since the one before, after which that is reported. */
const reportAfter = 5

export class TableWatch {
	readonly #tlb: Tlb
	readonly #isOn: boolean
	readonly #fail: (message: string) => void
	#heldBack = 0
	#beats = 0
	#misuse: string | undefined

	/** @param fail stops the machine. */
	constructor(tlb: Tlb, fail: (message: string) => void) {
		this.#tlb = tlb
		this.#isOn = tlb.design.debug === 'on'
		this.#fail = fail
	}

	/** The use of a retired table that was found. An error of the machine, even if the guest has ended meanwhile. */
	get misuse(): string | undefined {
		return this.#misuse
	}

	/** At each heartbeat. @param clear asks a helper to clear or to quarantine tables. */
	beat(clear: () => void): void {
		if (!this.#isOn) return
		clear()
		this.check()
		const held = this.#look(this.#tlb.sharedStatistics())
		if (held !== undefined) console.error(held)
	}

	/** Checks all tables in quarantine; also when the machine is over. */
	check(): void {
		try {
			this.#tlb.checkQuarantine()
		} catch (error) {
			this.#found(error as Error, (error as Error).message)
		}
	}

	/** Clearing has failed. */
	clearingFailed(error: Error): void {
		this.#found(error, `the helper pool failed: ${error.message}`)
	}

	#found(error: Error, message: string): void {
		if (!(error instanceof UseAfterRetirement)) return this.#fail(message)
		this.#misuse ??= error.message
		this.#fail(error.message)
	}

	/** @returns a message, once each time that it lasts. */
	#look({waiting, quarantine}: SharedTlbStatistics): string | undefined {
		const heldBack = quarantine?.heldBack ?? 0
		this.#beats = heldBack === this.#heldBack ? 0 : this.#beats + 1
		this.#heldBack = heldBack
		if (this.#beats !== reportAfter) return undefined
		return (
			`TLB tables are held back: ${waiting} are retired and ${quarantine?.tables ?? 0} in quarantine, ` +
			`so that harts empty theirs in place (${heldBack} times by now)`
		)
	}
}
