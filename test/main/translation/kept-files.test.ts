/** Files of translations: whole or none, of the user's own, and never more than the limits. */
import {execFile} from 'node:child_process'
import {
	chmod,
	chown,
	mkdir,
	mkdtemp,
	readdir,
	readFile,
	rename,
	rm,
	stat,
	symlink,
	truncate,
	utimes,
	writeFile,
} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import test, {type ExecutionContext} from 'ava'
import {addKept, keptLimits, keptPath, readKept} from '../../../src/main/translation/kept-files.ts'
import {decodeModules, encodeModules, type KeptModule, worthKeeping} from '../../../src/main/translation/kept-format.ts'
import {regionKey} from '../../../src/translate/index.ts'

const place = {build: 'build', guest: 'guest'} as const

async function emptyFolder(t: ExecutionContext): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-kept-'))
	t.teardown(() => rm(folder, {recursive: true, force: true}))
	return join(folder, 'translations')
}

/** @param fill of its WebAssembly and of its code. */
function moduleOf(fill: number, bytes = 100): KeptModule {
	const sources = [
		[16, new Uint8Array(20).fill(fill)],
		[64, new Uint8Array(4).fill(fill)],
	] as const
	const at = (index: number, entry: number) => ({
		index,
		page: 0x12_3000,
		entry,
		pageGva: 0xffff_ffff_8020_0000n,
		sources,
		instructions: 5,
		roaming: [],
		joins: [20],
		...(index > 0 && {within: 16}),
	})
	return {wasm: new Uint8Array(bytes).fill(fill), functions: 2, regions: [at(0, 16), at(1, 64)]}
}

test('what is written is read again, to the last field, and only the user may read it', async (t) => {
	const folder = await emptyFolder(t)
	const path = keptPath(folder, place)
	t.is(await addKept(path, [moduleOf(1)]), undefined)
	t.is(await addKept(path, [moduleOf(2)]), undefined)
	t.deepEqual(readKept(path), [moduleOf(1), moduleOf(2)])
	t.is((await stat(path)).mode & 0o777, 0o600)
	t.is((await stat(folder)).mode & 0o777, 0o700)
	t.deepEqual(await readdir(folder), ['build-guest.translations'])
	t.is(readKept(keptPath(folder, {...place, build: 'another'})), 'there are none')
	t.is(readKept(keptPath(folder, {...place, guest: 'another'})), 'there are none')
})

test('regions of one page share their code, and those of a known place keep the place that they were made for', (t) => {
	const module = moduleOf(1)
	const [read] = decodeModules(encodeModules([module]))!
	t.is(read!.regions[0]!.sources, read!.regions[1]!.sources)
	const moved = {...module.regions[0]!, page: 0x55_5000, watchedAs: regionKey(0x12_3000, 16)}
	t.is(decodeModules(encodeModules([{...module, regions: [moved]}]))![0]!.regions[0]!.page, 0x12_3000)
})

test('a file with a wrong byte anywhere, or of another length, is as none', async (t) => {
	const whole = encodeModules([moduleOf(1), moduleOf(2)])
	t.is(decodeModules(whole)!.length, 2)
	for (let at = 0; at < whole.length; at += 7) {
		const damaged = Uint8Array.from(whole)
		damaged[at]! ^= 1
		t.is(decodeModules(damaged), undefined, `byte ${at}`)
	}
	for (const length of [0, 1, 31, 35, 36, 100, whole.length - 1])
		t.is(decodeModules(whole.subarray(0, length)), undefined, `${length} bytes`)
	t.is(decodeModules(Buffer.concat([whole, Buffer.alloc(1)])), undefined)
	const folder = await emptyFolder(t)
	const path = keptPath(folder, place)
	await addKept(path, [moduleOf(1)])
	await truncate(path, 60)
	t.is(readKept(path), 'the file is damaged')
	t.is(await addKept(path, [moduleOf(2)]), undefined)
	t.deepEqual(readKept(path), [moduleOf(2)], 'the next run replaces it')
})

test('a digest that fits does not make a description that does not', (t) => {
	const module = moduleOf(1)
	const lies: readonly KeptModule[] = [
		{...module, functions: -1},
		{...module, functions: 1.5},
		{...module, regions: [{...module.regions[0]!, entry: -2}]},
	]
	for (const lie of lies) t.is(decodeModules(encodeModules([lie])), undefined)
})

test('files and folders that others may write are not read, nor links', async (t) => {
	const folder = await emptyFolder(t)
	const path = keptPath(folder, place)
	await addKept(path, [moduleOf(1)])
	await chmod(path, 0o620)
	t.is(readKept(path), 'the file belongs to others, or others may write to it')
	await chmod(path, 0o600)
	await chmod(folder, 0o777)
	t.is(readKept(path), 'the folder belongs to others, or others may write to it')
	t.is(await addKept(path, [moduleOf(2)]), 'the folder belongs to others, or others may write to it')
	await chmod(folder, 0o700)
	await rename(path, `${path}.real`)
	await symlink(`${path}.real`, path)
	t.regex(String(readKept(path)), /ELOOP/)
	await rm(path)
	await mkdir(path)
	t.is(readKept(path), 'the file belongs to others, or others may write to it')
})

const asRoot = process.getuid?.() === 0 ? test : test.skip
asRoot('a file that belongs to another user is not read', async (t) => {
	const folder = await emptyFolder(t)
	const path = keptPath(folder, place)
	await addKept(path, [moduleOf(1)])
	await chown(path, 65_534, 65_534)
	t.is(readKept(path), 'the file belongs to others, or others may write to it')
})

test('a folder that cannot be made or written is told in words, and nothing hangs', async (t) => {
	for (const nowhere of ['/proc/nowhere/manyhart', '/sys/manyhart/translations'])
		t.regex((await addKept(keptPath(nowhere, place), [moduleOf(1)])) ?? '', /^E[A-Z]+ \(/)
	const folder = await emptyFolder(t)
	await writeFile(folder, 'a file')
	t.regex((await addKept(keptPath(folder, place), [moduleOf(1)])) ?? '', /^EEXIST \(/)
	t.is(typeof readKept(keptPath(folder, place)), 'string')
})

test('a disk that is full leaves what was there, and no half of a file', async (t) => {
	const folder = await emptyFolder(t)
	const path = keptPath(folder, place)
	await addKept(path, [moduleOf(1)])
	const source = new URL('../../../src/main/translation/kept-files.ts', import.meta.url)
	const wasm = 'new Uint8Array(100_000)'
	const program = `import {addKept} from ${JSON.stringify(source.href)}
		process.on('SIGXFSZ', () => {})
		console.log(await addKept(${JSON.stringify(path)}, [{wasm: ${wasm}, functions: 0, regions: [{index: 0, page: 0, entry: 0, pageGva: 0n, instructions: 1, roaming: [], joins: [], sources: []}]}]))`
	// No file may have more than so many blocks.
	const command = `ulimit -f 20; exec "$0" --input-type=module -e "$1"`
	const {stdout} = await promisify(execFile)('sh', ['-c', command, process.execPath, program])
	t.regex(stdout, /^EFBIG/)
	t.deepEqual(readKept(path), [moduleOf(1)])
	t.deepEqual(await readdir(folder), ['build-guest.translations'])
})

test('many that write and read at once see whole files only', async (t) => {
	const folder = await emptyFolder(t)
	const path = keptPath(folder, place)
	const source = new URL('../../../src/main/translation/kept-files.ts', import.meta.url)
	const program = (fill: number) => `import {addKept, readKept} from ${JSON.stringify(source.href)}
		for (let round = 0; round < 8; round++) {
			const sources = [[0, new Uint8Array(16).fill(${fill} * 8 + round)]]
			const region = {index: 0, page: 0, entry: 0, pageGva: 0n, instructions: 1, roaming: [], joins: [], sources}
			const problem = await addKept(${JSON.stringify(path)}, [{wasm: new Uint8Array(10_000), functions: 1, regions: [region]}])
			const read = readKept(${JSON.stringify(path)})
			if (problem !== undefined || typeof read === 'string') throw new Error(problem ?? read)
		}`
	const run = (fill: number) => promisify(execFile)(process.execPath, ['--input-type=module', '-e', program(fill)])
	await Promise.all([run(1), run(2), run(3)])
	const kept = readKept(path)
	t.true(typeof kept !== 'string' && kept.length >= 8)
	t.deepEqual(await readdir(folder), ['build-guest.translations'])
})

test('of modules those go that newer ones replace, and the oldest above the limit', (t) => {
	const [one, two, three] = [moduleOf(1), moduleOf(2), moduleOf(3)]
	t.deepEqual(worthKeeping([one, two, three], 1000), [one, two, three])
	t.deepEqual(worthKeeping([one, two, three], 250), [two, three])
	t.deepEqual(worthKeeping([one, two, one], 1000), [two, one])
	const part = {...one, regions: one.regions.slice(0, 1)}
	t.deepEqual(worthKeeping([one, part], 1000), [one, part], 'it still has a region that no other has')
	t.deepEqual(worthKeeping([part, one], 1000), [one])
})

test('files of whatever build and guest that were used longest ago go, and old drafts', async (t) => {
	const folder = await emptyFolder(t)
	const limits = {...keptLimits, folder: 2500}
	const paths = ['a', 'b', 'c'].map((guest) => keptPath(folder, {...place, guest}))
	for (const [index, path] of paths.entries()) {
		await addKept(path, [moduleOf(1)], limits)
		await utimes(path, 1000 + index, 1000 + index)
	}
	t.is(typeof readKept(paths[0]!), 'object', 'it was used just now')
	const [old, young] = [join(folder, 'x.draft'), join(folder, 'y.draft')]
	await writeFile(old, '')
	await utimes(old, 1000, 1000)
	await writeFile(young, '')
	await writeFile(join(folder, 'something else'), '')
	const size = (await readFile(paths[0]!)).length
	await addKept(paths[2]!, [moduleOf(2)], {...limits, folder: 3 * size})
	t.deepEqual((await readdir(folder)).toSorted(), [
		'build-a.translations',
		'build-c.translations',
		'something else',
		'y.draft',
	])
})
