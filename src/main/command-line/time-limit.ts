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

/**
 * Does not wait for what cannot be interrupted. @throws the signal's reason as soon as it aborts; what the work brings
 * later is disposed of.
 */
export async function untilAborted<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
	const {promise: aborted, reject} = Promise.withResolvers<never>()
	const abort = () => reject(signal.reason)
	if (signal.aborted) abort()
	signal.addEventListener('abort', abort, {once: true})
	try {
		return await Promise.race([aborted, work])
	} catch (error) {
		if (signal.aborted) work.then(disposeOf, () => {})
		throw error
	} finally {
		signal.removeEventListener('abort', abort)
	}
}

async function disposeOf(result: unknown): Promise<void> {
	await (result as Partial<AsyncDisposable> | undefined)?.[Symbol.asyncDispose]?.()
}
