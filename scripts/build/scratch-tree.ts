/** A copy of the project in a temporary folder, where sources may be changed: nothing outside it is written. */
import {execFile} from 'node:child_process'
import {cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {promisify} from 'node:util'
import {fromRoot} from './project.ts'

export class ScratchTree implements AsyncDisposable {
	readonly folder: string

	private constructor(folder: string) {
		this.folder = folder
	}

	/** Copies all files that git does not ignore, and build and dist; node_modules is a link. */
	static async create(): Promise<ScratchTree> {
		const folder = await mkdtemp(join(tmpdir(), 'manyhart-scratch-'))
		const {stdout} = await promisify(execFile)('git', ['ls-files', '-z', '-co', '--exclude-standard'], {
			cwd: fromRoot(),
			maxBuffer: 2 ** 24,
		})
		for (const path of [...stdout.split('\0').filter(Boolean), 'build', 'dist']) {
			await mkdir(dirname(join(folder, path)), {recursive: true})
			// A tracked file may have been removed.
			await cp(fromRoot(path), join(folder, path), {recursive: true}).catch((error) => {
				if (error.code !== 'ENOENT') throw error
			})
		}
		await symlink(fromRoot('node_modules'), join(folder, 'node_modules'))
		return new ScratchTree(folder)
	}

	/** Changes one file. @returns a function that restores it. */
	async change(path: string, edit: (source: string) => string): Promise<() => Promise<void>> {
		const file = join(this.folder, path)
		const source = await readFile(file, 'utf8')
		await writeFile(file, edit(source))
		return () => writeFile(file, source)
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await rm(this.folder, {recursive: true, force: true})
	}
}
