/** What a build is, so that only one takes part in a campaign: the package's version, and a hash of what runs. */
import {createHash} from 'node:crypto'
import {readdir, readFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {benchPath} from '../bench/files.ts'

/** @param version of the package. @returns for example 0.1.0-3f2a90c1d2. */
export async function buildId(version: string): Promise<string> {
	const folder = dirname(benchPath('manyhart'))
	const files = (await readdir(folder)).filter((name) => /\.(?:js|mjs|wasm|elf)$/.test(name)).toSorted()
	const hash = createHash('sha256')
	for (const file of files) {
		const content = await readFile(join(folder, file))
		hash.update(`${file}:${content.length}:`).update(content)
	}
	return `${version}-${hash.digest('hex').slice(0, 10)}`
}
