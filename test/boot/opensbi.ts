/** Debian's OpenSBI: the installed one, or the package's, fetched into the user's cache by apt. */
import {execFile} from 'node:child_process'
import {access, mkdir, readdir, rename, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {Apt} from '../../src/main/guests/apt.ts'
import {findDebianMirror} from '../../src/main/guests/apt-mirror.ts'
import {cacheFolder} from '../../src/main/guests/cache-folder.ts'

const inPackage = 'usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin'

/** @returns the path of fw_dynamic.bin. @throws UserError if it is not installed and cannot be fetched. */
export async function findOpenSbi(): Promise<string> {
	const folder = join(cacheFolder(), 'test', 'opensbi')
	for (const path of [join('/', inPackage), join(folder, inPackage)]) {
		if (await isThere(path)) return path
	}
	const mirror = await findDebianMirror(undefined)
	const aptFolder = join(cacheFolder(), 'test', 'apt')
	const apt = await Apt.create({folder: aptFolder, mirror, suite: 'trixie', architecture: 'riscv64'})
	await apt.update({onProgress: () => {}})
	const packages = await apt.download(['opensbi'], {onProgress: () => {}})
	const file = (await readdir(packages)).find((name) => name.startsWith('opensbi_'))!
	await mkdir(`${folder}.draft`, {recursive: true})
	await promisify(execFile)('dpkg-deb', ['--extract', join(packages, file), `${folder}.draft`])
	await rename(`${folder}.draft`, folder)
	await rm(aptFolder, {recursive: true})
	return join(folder, inPackage)
}

async function isThere(path: string): Promise<boolean> {
	return await access(path).then(
		() => true,
		() => false,
	)
}
