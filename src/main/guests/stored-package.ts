/** Debian packages that are not compressed: a guest unpacks them several times faster, and the host has the cores for it. */
import {createWriteStream} from 'node:fs'
import {open, rename, rm, stat} from 'node:fs/promises'
import {basename, join} from 'node:path'
import {UserError} from '../../errors.ts'
import {runTool} from './run-tool.ts'

const magic = '!<arch>\n'
const headerBytes = 60
/** Members begin at even offsets. */
const alignment = 2

/** Of a package, with dpkg-deb's switch that prints it. deb(5). */
const archives = [
	{name: 'control.tar', option: '--ctrl-tarfile'},
	{name: 'data.tar', option: '--fsys-tarfile'},
] as const

export type StorePackageOptions = Readonly<{
	/** The folder, which may have the package already. */
	into: string
	signal?: AbortSignal | undefined
}>

/** @returns the name of the file, which is the package's. @throws UserError if it is no package. */
export async function storePackage(file: string, {into, signal}: StorePackageOptions): Promise<string> {
	const name = basename(file)
	const path = join(into, name)
	if (await isThere(path)) return name
	const draft = `${path}.draft`
	await using output = await open(draft, 'w')
	const version = '2.0\n'
	const start = `${magic}${header('debian-binary', version.length)}${version}`
	await output.write(start)
	let end = start.length
	for (const {name: member, option} of archives) {
		const from = end + headerBytes
		const {exitCode, errors} = await runTool('dpkg-deb', [option, file], {
			signal,
			outputTo: createWriteStream(draft, {flags: 'r+', start: from}),
		})
		if (exitCode !== 0) {
			await rm(draft)
			throw new UserError(`Expected dpkg-deb to unpack ${file}, got: ${errors.trim().split('\n')[0]}`)
		}
		const {size} = await output.stat()
		await output.write(header(member, size - from), end)
		end = size + (size % alignment)
	}
	await output.truncate(end)
	await rename(draft, path)
	return name
}

/** ar(5): name, time, owner, group, mode, bytes. */
function header(name: string, bytes: number): string {
	const fields = [
		name.padEnd(16),
		'0'.padEnd(12),
		'0'.padEnd(6),
		'0'.padEnd(6),
		'100644'.padEnd(8),
		String(bytes).padEnd(10),
	]
	return `${fields.join('')}\`\n`
}

async function isThere(path: string): Promise<boolean> {
	return await stat(path).then(
		() => true,
		() => false,
	)
}
