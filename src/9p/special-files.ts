/** Fifos and sockets as names, for which Node has no call. */
import {spawn} from 'node:child_process'
import {randomUUID} from 'node:crypto'
import {once} from 'node:events'
import {closeSync, constants, linkSync, openSync, unlinkSync} from 'node:fs'
import {createServer} from 'node:net'
import {Refusal} from './errno.ts'
import type {Handle, Handles} from './handles.ts'
import type {ByteString} from './message-reader.ts'

/**
 * Made under a name of its own and then linked to the wanted one: that fails, as it must, if the name is taken; and a program need not be
 * given a name in any encoding.
 */
export async function makeSpecialFile(
	handles: Handles,
	folder: Handle,
	{name, type}: Readonly<{name: ByteString; type: 'fifo' | 'socket'}>,
): Promise<void> {
	const temporary = `.9p-${randomUUID()}`
	const done =
		type === 'fifo' ? await makeFifo(handles, folder, temporary) : await makeSocket(handles, folder, temporary)
	try {
		linkSync(handles.childPath(folder, temporary), handles.childPath(folder, name))
	} finally {
		try {
			unlinkSync(handles.childPath(folder, temporary))
		} catch {
			// Gone already.
		}
		await done?.()
	}
}

/** By mkfifo, which inherits the folder's descriptor as its number 3. */
async function makeFifo(handles: Handles, folder: Handle, name: string): Promise<undefined> {
	const descriptor = Number(handles.path(folder).slice('/proc/self/fd/'.length))
	const child = spawn('mkfifo', ['--', `/proc/self/fd/3/${name}`], {
		stdio: ['ignore', 'ignore', 'ignore', descriptor],
		timeout: 10_000,
	})
	const code = await once(child, 'exit').then(
		([exitCode]) => exitCode,
		() => undefined,
	)
	if (code === 0) return
	// The host says why it makes no file there; if it does, it is mkfifo that is missing.
	const path = handles.childPath(folder, name)
	closeSync(openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW))
	unlinkSync(path)
	throw new Refusal('EPERM')
}

/** A server makes the name when it listens. @returns what ends the server; the link to its name stays. */
async function makeSocket(handles: Handles, folder: Handle, name: string): Promise<() => Promise<void>> {
	const server = createServer()
	const listening = once(server, 'listening')
	server.listen(`${handles.path(folder)}/${name}`)
	await listening
	return async () => {
		const closed = once(server, 'close')
		server.close()
		await closed
	}
}
