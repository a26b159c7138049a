import {
	existsSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	renameSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {fails, share} from './client.ts'

// By itself: the umask is the process's.
test.serial('directories, files and links are made with exactly the modes that the guest wants', async (t) => {
	const {client, folder} = await share(t)
	const umask = process.umask(0o077)
	t.teardown(() => process.umask(umask))
	await client.mkdir(0, 'folder', 0o1777)
	t.is(statSync(join(folder, 'folder')).mode & 0o7777, 0o1777)
	await client.walk(0, 1)
	await client.create(1, 'file', {mode: 0o666})
	t.is(statSync(join(folder, 'file')).mode & 0o7777, 0o666)
	const qid = await client.symlink(0, 'link', '../../anywhere')
	t.is(qid.type, 2)
	t.is(readlinkSync(join(folder, 'link')), '../../anywhere')
	t.is(await client.readlink(await client.find('link')), '../../anywhere')
	await client.mknod(0, 'plain', 0o100604)
	t.is(statSync(join(folder, 'plain')).mode, 0o100604)
	await fails(t, client.mkdir(0, 'folder'), 17)
	await fails(t, client.symlink(0, 'link', 'x'), 17)
	await fails(t, client.mknod(0, 'plain', 0o100604), 17)
	await fails(t, client.symlink(0, 'other', ''), 2)
	await fails(t, client.symlink(0, 'other', 'a\0b'), 2)
	await fails(t, client.symlink(0, 'other', 'x'.repeat(5000)), 36)
	await fails(t, client.readlink(1), 22)
	await fails(t, client.mkdir(1, 'below'), 20)
})

test('fifos and sockets are made as names; devices are not', async (t) => {
	const {client, folder} = await share(t)
	const fifo = await client.mknod(0, 'fifo', 0o010640)
	t.true(lstatSync(join(folder, 'fifo')).isFIFO())
	t.is(fifo.path, BigInt(lstatSync(join(folder, 'fifo')).ino))
	t.is(lstatSync(join(folder, 'fifo')).mode & 0o7777, 0o640)
	await client.mknod(0, 'socket\xe9', 0o140600)
	t.true(lstatSync(Buffer.from(join(folder, 'socket\xe9'), 'latin1')).isSocket())
	for (const type of [0o010000, 0o140000]) await fails(t, client.mknod(0, 'fifo', type | 0o600), 17)
	for (const type of [0o020000, 0o060000, 0o040000, 0o120000, 0o170000])
		await fails(t, client.mknod(0, 'device', type | 0o666), 1)
	t.deepEqual(readdirSync(folder).length, 2)
	const fid = await client.find('fifo')
	await fails(t, client.open(fid, 0), 6)
	await fails(t, client.open(fid, 1), 6)
	t.is((await client.getattr(fid)).mode, 0o010640)
	await client.unlinkat(0, 'fifo')
	await client.unlinkat(0, 'socket\xe9')
})

test('a hard link is another name of the same file', async (t) => {
	const {client, folder} = await share(t)
	mkdirSync(join(folder, 'sub'))
	writeFileSync(join(folder, 'file'), 'contents')
	symlinkSync('file', join(folder, 'symbolic'))
	await client.link(await client.find('sub'), await client.find('file'), 'name')
	t.is(statSync(join(folder, 'sub/name')).ino, statSync(join(folder, 'file')).ino)
	t.is((await client.getattr(await client.find('file'))).links, 2n)
	// Of a link, the link.
	await client.link(0, await client.find('symbolic'), 'another')
	t.true(lstatSync(join(folder, 'another')).isSymbolicLink())
	await fails(t, client.link(0, await client.find('file'), 'another'), 17)
	await fails(t, client.link(0, await client.find('sub'), 'folder'), 1)
	await fails(t, client.link(0, 0, 'root'), 22)
	await fails(t, client.link(99, 0, 'root'), 2)
	await fails(t, client.link(0, 99, 'root'), 2)
})

test('what was renamed, by guest or host, is found by its fid where it is now', async (t) => {
	const {client, folder} = await share(t)
	mkdirSync(join(folder, 'one'))
	mkdirSync(join(folder, 'two'))
	writeFileSync(join(folder, 'one/file'), 'contents')
	const fid = await client.find('one/file')
	const [one, two] = [await client.find('one'), await client.find('two')]
	await client.renameat(one, 'file', two, 'moved')
	t.is(readFileSync(join(folder, 'two/moved'), 'utf8'), 'contents')
	await client.link(one, fid, 'linked')
	await client.rename(fid, one, 'back')
	t.true(existsSync(join(folder, 'one/back')))
	renameSync(join(folder, 'one/back'), join(folder, 'one/by the host'))
	await client.rename(fid, 0xffff_ffff, 'again')
	t.true(existsSync(join(folder, 'one/again')))
	renameSync(join(folder, 'one/again'), join(folder, 'two/away'))
	await fails(t, client.rename(fid, two, 'lost'), 116)
	t.is((await client.getattr(fid)).size, 8n)
	await fails(t, client.rename(0, two, 'root'), 22)
	// A directory takes what is below with it.
	const below = await client.find('two/away')
	await client.renameat(0, 'two', one, 'within')
	await client.rename(below, 0, 'at the top')
	t.is(readFileSync(join(folder, 'at the top'), 'utf8'), 'contents')
	await fails(t, client.renameat(0, 'one', one, 'in itself'), 22)
	await fails(t, client.renameat(0, 'missing', one, 'x'), 2)
	await fails(t, client.renameat(0, 'x', 99, 'x'), 2)
})

test('files and directories are removed by name and by fid', async (t) => {
	const {client, folder} = await share(t)
	mkdirSync(join(folder, 'sub/below'), {recursive: true})
	writeFileSync(join(folder, 'file'), '')
	writeFileSync(join(folder, 'file 2'), '')
	symlinkSync('sub', join(folder, 'link'))
	await fails(t, client.unlinkat(0, 'sub'), 21)
	await fails(t, client.unlinkat(0, 'sub', 0x200), 39)
	await fails(t, client.unlinkat(0, 'file', 0x200), 20)
	await fails(t, client.unlinkat(0, 'link', 0x200), 20)
	await client.unlinkat(0, 'file')
	await client.unlinkat(0, 'link')
	const sub = await client.find('sub')
	await fails(t, client.remove(sub), 39)
	await fails(t, client.getattr(sub), 2)
	await client.remove(await client.find('sub/below'))
	await client.remove(await client.find('sub'))
	await client.remove(await client.find('file 2'))
	t.deepEqual(readdirSync(folder), [])
	await client.walk(0, 1)
	await fails(t, client.remove(1), 22)
	await fails(t, client.remove(1), 22)
	await fails(t, client.unlinkat(0, 'file'), 2)
})

test('a name that another file has by now is not removed by the fid of the old one', async (t) => {
	const {client, folder} = await share(t)
	writeFileSync(join(folder, 'file'), 'old')
	const fid = await client.find('file')
	renameSync(join(folder, 'file'), join(folder, 'kept'))
	writeFileSync(join(folder, 'file'), 'new')
	await client.remove(fid)
	t.deepEqual(readdirSync(folder), ['file'])
	t.is(readFileSync(join(folder, 'file'), 'utf8'), 'new')
})
