/** Failures of the emulator itself, each of which ends the machine. The one that stops it is the outcome's message. */
import {type ControlWords, StopReason} from '../board/index.ts'
import {exitCodes} from '../exit-codes.ts'

export class Failures {
	readonly #control: ControlWords
	#message: string | undefined

	constructor(control: ControlWords) {
		this.#control = control
	}

	/** Stops the machine, unless something has stopped it already. @param hart the one that failed, or -1. */
	stop(message: string, hart = -1): void {
		const stop = {reason: StopReason.error, exitCode: exitCodes.failure.code, hart}
		if (this.#control.requestStop(stop)) this.#message = message
	}

	/** What stopped the machine, if a failure did. */
	get message(): string | undefined {
		return this.#message
	}
}
