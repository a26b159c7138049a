/** Paths of the built files in dist/: from a bundle there, or from the sources. */
import {readFile} from 'node:fs/promises'
import {fileURLToPath} from 'node:url'
import {UserError} from '../errors.ts'
import {exitCodes} from '../exit-codes.ts'

const fromSources = import.meta.url.endsWith('.ts')
const dist = new URL(fromSources ? '../../dist/' : './', import.meta.url)

/** Entry modules of the worker threads. */
export const threadEntries = {
	vcpu: fromSources ? new URL('../vcpu-worker/worker.ts', import.meta.url) : new URL('vcpu-worker.js', dist),
	helper: fromSources ? new URL('helper.ts', import.meta.url) : new URL('helper.js', dist),
} as const

/** Reads the hart core. @throws UserError if the project was not built. */
export async function readHartCore(): Promise<Uint8Array<ArrayBuffer>> {
	const path = fileURLToPath(new URL('hart.wasm', dist))
	try {
		return await readFile(path)
	} catch (error) {
		throw new UserError(
			`Expected the hart core, built by \`npm run build\`, got ${(error as Error).message}`,
			exitCodes.failure.code,
		)
	}
}
