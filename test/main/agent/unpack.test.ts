import {lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {Header, type HeaderData} from 'tar'
import {unpack} from '../../../src/main/agent/unpack.ts'
import {testFolder} from '../../disk/images.ts'

type Entry = HeaderData & Readonly<{path: string; text?: string}>

/** An archive as a hostile guest may make it. */
async function* archive(...entries: readonly Entry[]): AsyncIterable<Uint8Array> {
	for (const {text = '', ...about} of entries) {
		const header = new Header({type: 'File', mode: 0o644, size: text.length, ...about})
		header.encode()
		yield header.block!
		if (text) yield Buffer.from(text.padEnd(512, '\0'))
	}
	yield new Uint8Array(1024)
}

test('a copy has the files, folders and links of the archive, by another name', async (t) => {
	const folder = await testFolder(t)
	const others = await unpack(
		archive(
			{path: 'base/', type: 'Directory', mode: 0o555},
			{path: 'base/file', text: 'here', mode: 0o4640},
			{path: 'base/same', type: 'Link', linkpath: 'base/file'},
			{path: 'base/absolute', type: 'SymbolicLink', linkpath: '/etc/passwd'},
			{path: 'base/again', type: 'Link', linkpath: 'base/absolute'},
			{path: 'base/fifo', type: 'FIFO'},
			{path: 'beside', text: 'not asked for'},
		),
		{folder, base: 'base', name: 'other'},
	)
	t.deepEqual(others, ['other/fifo'])
	t.deepEqual(readdirSync(folder), ['other'])
	const copy = join(folder, 'other')
	t.deepEqual(readdirSync(copy).sort(), ['absolute', 'again', 'file', 'same'])
	t.is(readFileSync(join(copy, 'same'), 'latin1'), 'here')
	t.is(statSync(join(copy, 'same')).ino, statSync(join(copy, 'file')).ino)
	t.is(statSync(join(copy, 'file')).mode & 0o7777, 0o640)
	t.is(statSync(copy).mode & 0o7777, 0o555)
	t.is(readlinkSync(join(copy, 'absolute')), '/etc/passwd')
	t.is(readlinkSync(join(copy, 'again')), '/etc/passwd')
})

const link = {path: 'base/link', type: 'SymbolicLink', linkpath: '../victim'} as const
for (const [what, entries] of Object.entries<readonly Entry[]>({
	'a file behind a link': [link, {path: 'base/link/file', text: 'bad'}],
	'a file where a link was': [link, {path: 'base/link', text: 'bad'}],
	'permissions of a file that is then a link': [{path: 'base/link', text: 'x', mode: 0o777}, link],
	'permissions of a folder that is then a link': [{path: 'base/link/', type: 'Directory', mode: 0o777}, link],
	'a link behind a link': [link, {path: 'base/link/file', type: 'SymbolicLink', linkpath: '/'}],
	'a path that leads out': [{path: 'base/../victim/file', text: 'bad'}],
	'a link whose path leads out': [{path: 'base/../victim/file', type: 'SymbolicLink', linkpath: '/'}],
	'a hard link to what is outside': [
		{path: 'base/hard', type: 'Link', linkpath: '../victim/kept'},
		{path: 'base/hard', text: 'bad'},
	],
})) {
	test(`nothing beside the copy changes by ${what}`, async (t) => {
		const above = await testFolder(t)
		const folder = join(above, 'folder')
		const victim = join(folder, 'victim')
		mkdirSync(victim, {recursive: true, mode: 0o700})
		writeFileSync(join(victim, 'kept'), 'good', {mode: 0o600})
		const all = archive({path: 'base/', type: 'Directory', mode: 0o755}, ...entries)
		await unpack(all, {folder, base: 'base', name: 'base'}).catch(() => {})
		t.deepEqual(readdirSync(victim), ['kept'])
		t.is(readFileSync(join(victim, 'kept'), 'latin1'), 'good')
		t.deepEqual(
			[victim, join(victim, 'kept')].map((path) => lstatSync(path).mode & 0o7777),
			[0o700, 0o600],
		)
	})
}

test('an archive that ends too early, or is none, is an error', async (t) => {
	const folder = await testFolder(t)
	const target = {folder, base: 'base', name: 'base'}
	const [header] = await Array.fromAsync(archive({path: 'base', text: 'all of it'}))
	const pieces = async function* (...bytes: Uint8Array[]) {
		yield* bytes
	}
	await t.throwsAsync(unpack(pieces(header!, Buffer.from('all')), target), {message: /Truncated/})
	await t.throwsAsync(unpack(pieces(Buffer.alloc(2048, 'x')), target))
})
