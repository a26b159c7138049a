/** One fetch at a time, over all processes of this machine. */
import {createHash} from 'node:crypto'
import {createServer} from 'node:net'
import {setTimeout} from 'node:timers/promises'

const retryMilliseconds = 250

export type FetchLockOptions = Readonly<{
	/** What is locked: a folder. */
	folder: string
	/** Called once when another process has it. */
	onWait?: () => void
	signal?: AbortSignal | undefined
}>

/**
 * A listening socket in Linux's abstract namespace: the kernel gives it to one process at a time and takes it back
 * when that process ends, however it ends, so a lock is never left behind. unix(7), "Abstract sockets".
 */
export async function acquireFetchLock({folder, onWait, signal}: FetchLockOptions): Promise<AsyncDisposable> {
	const name = `\0manyhart-${createHash('sha256').update(folder).digest('hex').slice(0, 32)}`
	for (let attempt = 0; ; attempt++) {
		signal?.throwIfAborted()
		const lock = await tryLock(name)
		if (lock) return lock
		if (attempt === 0) onWait?.()
		// An abort ends the wait here and is thrown above, with the signal's own reason.
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
