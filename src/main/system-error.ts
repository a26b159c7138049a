/** Errors of the operating system, in words that name the file. */
import {writeFile} from 'node:fs/promises'
import {getSystemErrorMap} from 'node:util'
import {expected} from '../errors.ts'

/** @example `ENOSPC (no space left on device)` */
export function describeSystemError(error: unknown): string {
	const {code, errno, message} = error as NodeJS.ErrnoException
	if (code === undefined) return message
	const words = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]
	return words === undefined ? code : `${code} (${words})`
}

/** Writes a whole file. Node's own error does not say which file it was. @throws UserError that names the file. */
export async function writeWholeFile(path: string, data: string | Uint8Array): Promise<void> {
	await writeFile(path, data).catch((error) => {
		throw expected(`to write ${path}`, describeSystemError(error))
	})
}
