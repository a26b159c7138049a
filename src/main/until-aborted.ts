/** Work that is waited for only as long as nobody aborts. */

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
