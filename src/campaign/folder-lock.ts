/** One process at a time has a campaign's folder. */
import {realpath} from 'node:fs/promises'
import {expected} from '../errors.ts'
import {acquireFetchLock} from '../main/guests/index.ts'

/** Until it is disposed, or the process ends in any way. @throws UserError if another process of this machine has it. */
export async function acquireFolder(folder: string): Promise<AsyncDisposable> {
	// The lock is a name that only Linux has.
	if (process.platform !== 'linux') return {[Symbol.asyncDispose]: async () => {}}
	const taken = new AbortController()
	const onWait = () => taken.abort(expected(`--out ${folder} to be in use by one process`, 'another one that has it'))
	return await acquireFetchLock({folder: `campaign ${await realpath(folder)}`, onWait, signal: taken.signal})
}
