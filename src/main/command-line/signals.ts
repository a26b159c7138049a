/** Signals that end the program: the first ends the run in an orderly way, the second at once. */
import {constants} from 'node:os'

export const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const
/** They say something to a command that runs, and end one that does not expect them. */
export const commandSignals = ['SIGUSR1', 'SIGUSR2', 'SIGALRM'] as const

export type EndingSignal = (typeof endingSignals)[number] | (typeof commandSignals)[number]

/** As in shells; see exitCodes.signal. */
export const signalExitCode = (signal: NodeJS.Signals): number => 128 + constants.signals[signal]

/** The reason of an abort that a signal caused. */
export class SignalReceived extends Error {
	override readonly name = 'SignalReceived'
	readonly exitCode: number

	constructor(signal: NodeJS.Signals) {
		super(`stopped by ${signal}`)
		this.exitCode = signalExitCode(signal)
	}
}

/**
 * Milliseconds. npm and timeout(1) pass a signal on that the whole process group gets, too: one that follows at once is
 * the first one again.
 */
export const echo = 300

export class EndingSignals implements Disposable {
	readonly #controller = new AbortController()
	readonly #names: readonly EndingSignal[]
	readonly #now: () => number
	#first = 0
	readonly #listener = (signal: NodeJS.Signals) => {
		const reason = new SignalReceived(signal)
		if (!this.#controller.signal.aborted) {
			this.#first = this.#now()
			this.#controller.abort(reason)
			return
		}
		// The terminal's exit handler restores it.
		if (this.#now() - this.#first > echo) process.exit(reason.exitCode)
	}

	/** @param now milliseconds; for tests. */
	constructor(names: readonly EndingSignal[] = endingSignals, now: () => number = () => performance.now()) {
		this.#names = names
		this.#now = now
		for (const name of names) process.on(name, this.#listener)
	}

	/** Aborted with a SignalReceived. */
	get signal(): AbortSignal {
		return this.#controller.signal
	}

	[Symbol.dispose](): void {
		for (const name of this.#names) process.off(name, this.#listener)
	}
}
