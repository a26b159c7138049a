/**
 * Locks of images, between all Manyhart processes of a host: one writer, or any number of readers. Node can set no lock on a
 * file. So a lock is an abstract Unix socket, named by the file's device and inode, which is gone when its process is, however
 * that ended. On systems other than Linux there are none, and no locks. QEMU does not see these locks, nor they its own.
 */
import {once} from 'node:events'
import type {BigIntStats} from 'node:fs'
import {connect, createServer, type Server} from 'node:net'

/** Readers of one file at most. */
const readers = 64

export type LockKind = 'read' | 'write'

export class FileLock {
	readonly #server: Server | undefined

	private constructor(server?: Server) {
		this.#server = server
	}

	/**
	 * Announces itself, and then looks for others: of two that come at once at least one sees the other.
	 * @returns undefined if another process, or this one, has a lock that excludes this.
	 */
	static async acquire({dev, ino}: Pick<BigIntStats, 'dev' | 'ino'>, kind: LockKind): Promise<FileLock | undefined> {
		if (process.platform !== 'linux') return new FileLock()
		const name = (holder: string) => `\0manyhart-image-${dev}-${ino}-${holder}`
		const all = Array.from({length: readers}, (_, index) => name(`reader-${index}`))
		const server = await (kind === 'write' ? listen([name('writer')]) : listen(all))
		if (!server) return undefined
		const excluded = kind === 'write' ? all : [name('writer')]
		const found = await Promise.all(excluded.map(hasListener))
		if (!found.some(Boolean)) return new FileLock(server)
		server.close()
		return undefined
	}

	release(): void {
		this.#server?.close()
	}
}

/** Listens on the first free name. */
async function listen(names: readonly string[]): Promise<Server | undefined> {
	for (const name of names) {
		const server = createServer((socket) => socket.destroy())
		server.unref()
		server.listen(name)
		const isListening = await once(server, 'listening').then(
			() => true,
			() => false,
		)
		if (isListening) return server
	}
	return undefined
}

async function hasListener(name: string): Promise<boolean> {
	const socket = connect(name)
	try {
		await once(socket, 'connect')
		return true
	} catch {
		return false
	} finally {
		socket.destroy()
	}
}
