/** What a file of translations is named after: the build and the options that shape code, and the guest. */
import {createHash} from 'node:crypto'
import {readdir, readFile} from 'node:fs/promises'
import {fileURLToPath} from 'node:url'
import {hostOrder} from '../../codegen/index.ts'
import {pageBytes} from '../../memory/index.ts'
import type {TranslationConfig} from '../../translate/index.ts'
import type {Segment} from '../boot/index.ts'

const digits = 20

/**
 * A hash of the program that translates and of what its code is linked with, and of the options that shape it. From their
 * content, so that nobody has to remember to change a number.
 * @param program bundles, or folders of sources.
 */
export async function buildName(
	program: readonly URL[],
	{mostBytes: _, ...options}: TranslationConfig,
): Promise<string> {
	const hash = createHash('sha256')
	for (const content of await Promise.all(program.map(contentsOf))) hash.update(content)
	const {arch, versions} = process
	hash.update(JSON.stringify({...options, hostOrder, arch, v8: versions.v8}))
	return hash.digest('hex').slice(0, digits)
}

async function contentsOf(url: URL): Promise<Buffer> {
	const path = fileURLToPath(url)
	if (!url.pathname.endsWith('/')) return await readFile(path)
	const names = await readdir(path, {recursive: true})
	const files = names.filter((name) => name.endsWith('.ts')).toSorted()
	return Buffer.concat(await Promise.all(files.map((file) => readFile(`${path}/${file}`))))
}

/** Bytes between two samples. */
const stride = 64 * pageBytes

/**
 * A hash of samples of the programs that are booted. Two guests that have the same are kept together, which does no harm.
 */
export function guestName(segments: readonly Segment[]): string {
	const hash = createHash('sha256')
	for (const {name, gpa, bytes} of segments) {
		// The device tree has a random seed.
		if (name !== 'the kernel' && name !== 'the firmware') continue
		hash.update(`${gpa} ${bytes.length} `)
		for (let at = 0; at < bytes.length; at += stride) hash.update(bytes.subarray(at, at + pageBytes))
	}
	return hash.digest('hex').slice(0, digits)
}
