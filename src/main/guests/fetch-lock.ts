/** A lock for one fetch at a time among all processes of the host. */
import {createHash} from 'node:crypto'
import {createServer} from 'node:net'
import {setTimeout} from 'node:timers/promises'

const retryMilliseconds = 250

export type FetchLockOptions = Readonly<{
	/** The folder to lock. */
	folder: string
	/** Called once if another process holds the lock. */
	onWait?: () => void
	signal?: AbortSignal | undefined
}>

/**
 * The lock is a listening socket in Linux's abstract namespace: one process at a time can have it, and the
 * kernel closes it however that process ends, so no lock is left behind. unix(7), "Abstract sockets".
 */
export async function acquireFetchLock({folder, onWait, signal}: FetchLockOptions): Promise<AsyncDisposable> {
	const name = `\0manyhart-${createHash('sha256').update(folder).digest('hex').slice(0, 32)}`
	for (let attempt = 0; ; attempt++) {
		signal?.throwIfAborted()
		const lock = await tryLock(name)
		if (lock) return lock
		if (attempt === 0) onWait?.()
		// An abort ends this wait and is thrown above, with the signal's reason.
		await setTimeout(retryMilliseconds, undefined, signal ? {signal} : {}).catch(() => {})
	}
}

async function tryLock(name: string): Promise<AsyncDisposable | undefined> {
	const server = createServer((connection) => connection.destroy())
	try {
		await new Promise<void>((resolve, reject) => {
			server.once('error', reject)
			server.listen(name, resolve)
		})
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined
		throw error
	}
	server.unref()
	return {
		[Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
	}
}
