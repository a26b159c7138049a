/** A project outside the repository in which the package is installed as npm packs it, with its dependencies. */
import {execFile} from 'node:child_process'
import {mkdir, mkdtemp, readFile, rm, symlink} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {promisify} from 'node:util'
import {fromRoot} from '../../scripts/build/project.ts'

const exec = promisify(execFile)

export class InstalledPackage implements AsyncDisposable {
	/** The project's folder. */
	readonly folder: string

	private constructor(folder: string) {
		this.folder = folder
	}

	/** @param options.also packages that the project depends on besides. */
	static async install({also = []}: {also?: readonly string[]} = {}): Promise<InstalledPackage> {
		const folder = await mkdtemp(join(tmpdir(), 'manyhart-project-'))
		const target = join(folder, 'node_modules/manyhart')
		await mkdir(target, {recursive: true})
		const {stdout} = await exec('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
			cwd: fromRoot(),
		})
		const tarball = /"filename": "(?<name>[^"]+)"/.exec(stdout)!.groups!.name!
		await exec('tar', ['-xzf', join(folder, tarball), '-C', target, '--strip-components=1'])
		const {dependencies} = JSON.parse(await readFile(join(target, 'package.json'), 'utf8'))
		// Their own dependencies are found where the links lead.
		for (const name of [...Object.keys(dependencies), ...also]) {
			const link = join(folder, 'node_modules', name)
			await mkdir(dirname(link), {recursive: true})
			await symlink(fromRoot('node_modules', name), link)
		}
		return new InstalledPackage(folder)
	}

	path(...parts: string[]): string {
		return join(this.folder, ...parts)
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await rm(this.folder, {recursive: true, force: true})
	}
}
