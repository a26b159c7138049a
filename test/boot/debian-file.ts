/** A file of a Debian package: the installed one, or the package's, fetched into the user's cache by apt. */
import {execFile} from 'node:child_process'
import {access, mkdir, readdir, rename, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {Apt} from '../../src/main/guests/apt.ts'
import {findDebianMirror} from '../../src/main/guests/apt-mirror.ts'
import {cacheFolder} from '../../src/main/guests/cache-folder.ts'

/** @param path in the package. @returns a path. @throws UserError if it is not installed and cannot be fetched. */
export async function debianFile(name: string, path: string): Promise<string> {
	const folder = join(cacheFolder(), 'test', name)
	for (const there of [join('/', path), join(folder, path)]) {
		if (await isThere(there)) return there
	}
	const mirror = await findDebianMirror(undefined)
	const aptFolder = join(cacheFolder(), 'test', `apt-${name}`)
	const apt = await Apt.create({folder: aptFolder, mirror, suite: 'trixie', architecture: 'riscv64'})
	await apt.update({onProgress: () => {}})
	const packages = await apt.download([name], {onProgress: () => {}})
	const file = (await readdir(packages)).find((other) => other.startsWith(`${name}_`))!
	await mkdir(`${folder}.draft`, {recursive: true})
	await promisify(execFile)('dpkg-deb', ['--extract', join(packages, file), `${folder}.draft`])
	await rename(`${folder}.draft`, folder)
	await rm(aptFolder, {recursive: true})
	return join(folder, path)
}

async function isThere(path: string): Promise<boolean> {
	return await access(path).then(
		() => true,
		() => false,
	)
}
