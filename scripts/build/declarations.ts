/** dist/types: the declaration files of the library. */
import {execFile} from 'node:child_process'
import {existsSync} from 'node:fs'
import {promisify} from 'node:util'
import {BuildError, fromRoot} from './project.ts'

/** @returns what was done, in words. */
export async function buildDeclarations(): Promise<string> {
	if (!existsSync(fromRoot('src/main/index.ts'))) return 'skipped, no src/main/index.ts'
	try {
		await promisify(execFile)(fromRoot('node_modules/.bin/tsc'), ['-p', 'tsconfig.library.json'], {cwd: fromRoot()})
	} catch (error) {
		throw new BuildError((error as {stdout?: string}).stdout || (error as Error).message)
	}
	return 'written'
}
