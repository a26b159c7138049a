import {lstatSync, mkdirSync, readdirSync, statSync, symlinkSync, unlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {fails, share} from './client.ts'

const names = (entries: readonly {name: string}[]) => entries.map(({name}) => name)

test("a directory's entries are the host's, with their inode numbers and types", async (t) => {
	const {client, folder} = await share(t)
	mkdirSync(join(folder, 'sub/below'), {recursive: true})
	writeFileSync(join(folder, 'sub/file'), '')
	symlinkSync('nowhere', join(folder, 'sub/link'))
	const fid = await client.find('sub')
	await client.open(fid)
	const entries = await client.list(fid)
	t.deepEqual(names(entries).sort(), ['.', '..', 'below', 'file', 'link'])
	for (const {name, qid, type} of entries) {
		const stat = lstatSync(join(folder, 'sub', name))
		t.is(qid.path, BigInt(stat.ino), name)
		t.is(type, (stat.mode & 0o170000) >> 12)
	}
	// The parent of the root is not shown.
	const root = await client.find('')
	await client.open(root)
	t.is((await client.list(root)).find(({name}) => name === '..')!.qid.path, BigInt(statSync(folder).ino))
})

test('a large directory comes in parts, whatever their size, each entry once', async (t) => {
	const {client, folder} = await share(t)
	for (let index = 0; index < 1000; index++) writeFileSync(join(folder, `${'n'.repeat(index % 200)}${index}`), '')
	const fid = await client.find('')
	await client.open(fid)
	const expected = ['.', '..', ...readdirSync(folder)].sort()
	for (const count of [300, 1000, 4096, 1_000_000]) t.deepEqual(names(await client.list(fid, count)).sort(), expected)
	// Room for none is not the end of the directory.
	await fails(t, client.readdir(fid, 0, 24), 22)
	await fails(t, client.readdir(fid, 0, 0), 22)
})

test('offsets stay valid while entries come and go, until the directory is read from its start', async (t) => {
	const {client, folder} = await share(t)
	for (let index = 0; index < 100; index++) writeFileSync(join(folder, `file ${index}`), '')
	const fid = await client.find('')
	await client.open(fid)
	const all = await client.list(fid)
	t.is(all.length, 102)
	for (const {name} of all.slice(2, 52)) unlinkSync(join(folder, name))
	for (let index = 0; index < 50; index++) writeFileSync(join(folder, `new ${index}`), '')
	// From any earlier offset on: what is left of the list, each once.
	for (const at of [1, 10, 52, 80, 101])
		t.deepEqual(names(await client.readdir(fid, all[at]!.offset)), names(all.slice(Math.max(at + 1, 52))))
	t.deepEqual(await client.readdir(fid, all.at(-1)!.offset), [])
	t.deepEqual(await client.readdir(fid, 2n ** 52n), [])
	await fails(t, client.readdir(fid, 2n ** 64n - 1n), 22)
	t.deepEqual(names(await client.list(fid)).sort(), ['.', '..', ...readdirSync(folder)].sort())
})

test('a directory is read only if it is open', async (t) => {
	const {client, folder} = await share(t)
	writeFileSync(join(folder, 'file'), '')
	await fails(t, client.readdir(0, 0), 22)
	await fails(t, client.readdir(9, 0), 22)
	const file = await client.find('file')
	await client.open(file)
	await fails(t, client.readdir(file, 0), 22)
})

test('lists of directories are bounded together, and given up with their fids', async (t) => {
	const {client, folder} = await share(t, {limits: {listedNames: 25}})
	for (let index = 0; index < 10; index++) writeFileSync(join(folder, `${index}`), '')
	const open = async () => {
		const fid = await client.find('')
		await client.open(fid)
		return fid
	}
	const [one, two, three] = [await open(), await open(), await open()]
	await client.list(one)
	await client.list(one)
	await client.list(two)
	await fails(t, client.list(three), 12)
	await client.clunk(one)
	t.is((await client.list(three)).length, 12)
})

test('names of any bytes are kept as they are', async (t) => {
	const {client, folder} = await share(t)
	// Latin-1, cut UTF-8, UTF-8, and control characters.
	for (const name of [
		'caf\xe9',
		'\xc3',
		'caf\xc3\xa9',
		'\xf0\x9f\x98\x80',
		'a\nb\x01',
		'-n',
		' ',
		'...',
		'\xff'.repeat(255),
	]) {
		await client.walk(0, 100)
		await client.create(100, name)
		await client.write(100, 0, name)
		await client.clunk(100)
		const host = readdirSync(folder, {encoding: 'buffer'})
		t.true(host.some((found) => found.equals(Buffer.from(name, 'latin1'))))
		await client.walk(0, 100, name)
		await client.open(100)
		t.is((await client.read(100, 0, 1000)).toString('latin1'), name)
		await client.clunk(100)
		await client.walk(0, 100)
		await client.open(100)
		t.true(names(await client.list(100)).includes(name))
		await client.clunk(100)
		const target = `${name}/\xe9`.slice(0, 300)
		await client.symlink(0, 'link', target)
		await client.walk(0, 100, 'link')
		t.is(await client.readlink(100), target)
		await client.clunk(100)
		await client.renameat(0, 'link', 0, `x${name.slice(1)}`)
		await client.unlinkat(0, `x${name.slice(1)}`)
		await client.mkdir(0, 'folder')
		await client.renameat(0, 'folder', 0, `y${name.slice(1)}`)
		await client.unlinkat(0, `y${name.slice(1)}`, 0x200)
		await client.link(0, await client.find(name), 'hard')
		await client.unlinkat(0, name)
		await client.unlinkat(0, 'hard')
	}
	t.deepEqual(readdirSync(folder), [])
})

test('directories may be deeper than any path', async (t) => {
	const {client, folder} = await share(t)
	const fid = await client.find('')
	const name = 'd'.repeat(200)
	for (let depth = 0; depth < 60; depth++) {
		await client.mkdir(fid, name)
		await client.walk(fid, fid, name)
	}
	const bottom = await client.find('')
	for (let depth = 0; depth < 60; depth++) await client.walk(bottom, bottom, name)
	t.is((await client.getattr(bottom)).qid.path, (await client.getattr(fid)).qid.path)
	await client.create(fid, 'file')
	await client.write(fid, 0, 'deep')
	await client.walk(bottom, 5000, 'file')
	t.is((await client.getattr(5000)).size, 4n)
	t.true(statSync(folder).isDirectory())
	// Up again, and everything removed: rm of the host's could not name it in one path either.
	await client.clunk(fid)
	await client.clunk(5000)
	await client.unlinkat(bottom, 'file')
	for (let depth = 0; depth < 60; depth++) {
		await client.walk(bottom, bottom, '..')
		await client.unlinkat(bottom, name, 0x200)
	}
	t.deepEqual(readdirSync(folder), [])
})
