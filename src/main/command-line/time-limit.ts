/** `--timeout`: a signal that aborts when the time has passed, whatever the program is doing then. */

/** The reason of an abort by a time limit. */
export class TimePassed extends Error {
	override readonly name = 'TimePassed'
}

export class TimeLimit implements Disposable {
	readonly #controller = new AbortController()
	readonly #timer: NodeJS.Timeout | undefined

	/** @param seconds undefined: no limit. */
	constructor(seconds: number | undefined) {
		if (seconds === undefined) return
		this.#timer = setTimeout(() => this.#controller.abort(new TimePassed()), seconds * 1000)
	}

	/** Aborted with a TimePassed. */
	get signal(): AbortSignal {
		return this.#controller.signal
	}

	[Symbol.dispose](): void {
		clearTimeout(this.#timer)
	}
}
