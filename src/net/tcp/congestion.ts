/** NewReno (RFC 5681, RFC 6582). The link loses a frame only where the guest throws one away. */
import {distance, isAfter} from './sequence.ts'

const duplicatesForLoss = 3

export class Congestion {
	readonly #segment: number
	#window: number
	#threshold = 0x4000_0000
	#duplicates = 0
	/** Fast recovery lasts until this is acknowledged. */
	#recover: number | undefined
	/** After a timeout, duplicates up to here are of what was sent twice (RFC 6582, 4). */
	#resent: number | undefined

	/** @param segment bytes. The first window is that of RFC 6928. */
	constructor(segment: number) {
		this.#segment = segment
		this.#window = Math.min(10 * segment, Math.max(2 * segment, 14_600))
	}

	get window(): number {
		return this.#window
	}

	get isRecovering(): boolean {
		return this.#recover !== undefined
	}

	/** @returns whether the first unacknowledged segment is to be sent again: a partial acknowledgement in recovery. */
	acknowledged(acknowledgement: number, bytes: number): boolean {
		this.#duplicates = 0
		if (this.#recover !== undefined) {
			if (isAfter(this.#recover, acknowledgement)) {
				this.#window = Math.max(this.#segment, this.#window - bytes + this.#segment)
				return true
			}
			this.#window = this.#threshold
			this.#recover = undefined
			return false
		}
		const grown =
			this.#window < this.#threshold
				? this.#window + Math.min(bytes, 2 * this.#segment)
				: this.#window + Math.max(1, Math.floor((this.#segment * this.#segment) / this.#window))
		this.#window = Math.min(grown, 0x4000_0000)
		return false
	}

	/**
	 * @param sent the number after the last byte sent. @returns whether the first unacknowledged segment is to be sent
	 * again.
	 */
	duplicate({acknowledgement, sent}: Readonly<{acknowledgement: number; sent: number}>): boolean {
		if (this.#resent !== undefined) {
			if (!isAfter(acknowledgement, this.#resent)) return false
			this.#resent = undefined
		}
		this.#duplicates++
		if (this.#recover !== undefined) {
			this.#window += this.#segment
			return false
		}
		if (this.#duplicates !== duplicatesForLoss) return false
		this.#threshold = Math.max(Math.floor(distance(acknowledgement, sent) / 2), 2 * this.#segment)
		this.#window = this.#threshold + duplicatesForLoss * this.#segment
		this.#recover = sent
		return true
	}

	timedOut({acknowledgement, sent}: Readonly<{acknowledgement: number; sent: number}>): void {
		this.#resent = sent
		this.#threshold = Math.max(Math.floor(distance(acknowledgement, sent) / 2), 2 * this.#segment)
		this.#window = this.#segment
		this.#duplicates = 0
		this.#recover = undefined
	}
}
