import {spawnSync} from 'node:child_process'
import {existsSync, readFileSync, renameSync, statSync, truncateSync, unlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {Fields, fails, share} from './client.ts'

const bytes = (length: number, seed: number) =>
	Uint8Array.from({length}, (_, at) => (at * 7 + seed * 13 + (at >> 8)) & 0xff)

for (const waiting of ['own-thread', 'pool', 'adaptive'] as const) {
	test(`what is written is in the host's file, and what is read is from there (${waiting})`, async (t) => {
		const {client, folder} = await share(t, {waiting})
		await client.walk(0, 1)
		const {unit} = await client.create(1, 'file')
		t.is(unit % 4096, 0)
		t.true(unit > 2 ** 20 - 8192)
		const contents = bytes(300_000, 1)
		t.is(await client.write(1, 0, contents.subarray(0, 200_000)), 200_000)
		t.is(await client.write(1, 200_000, contents.subarray(200_000)), 100_000)
		t.deepEqual(readFileSync(join(folder, 'file')), Buffer.from(contents))
		t.deepEqual(await client.read(1, 1000, 250_000), Buffer.from(contents.subarray(1000, 251_000)))
		t.is((await client.read(1, 299_990, 100)).length, 10)
		t.is((await client.read(1, 300_000, 100)).length, 0)
		t.is((await client.read(1, 0, 0)).length, 0)
		t.is(await client.write(1, 5, ''), 0)
		t.is(await client.write(1, 10_000_000, 'end'), 3)
		t.is(statSync(join(folder, 'file')).size, 10_000_003)
	})

	test(`contents go straight to and from pieces in shared memory (${waiting})`, async (t) => {
		const {server, client, folder} = await share(t, {waiting})
		await client.walk(0, 1)
		await client.create(1, 'file')
		const memory = new WebAssembly.Memory({initial: 20, maximum: 20, shared: true})
		const page = (index: number) => new Uint8Array(memory.buffer, index * 8192, 4096)
		const contents = bytes(20 * 4096, 3)
		const pages = Array.from({length: 20}, (_, index) => page(index))
		for (const [index, part] of pages.entries()) part.set(contents.subarray(index * 4096, (index + 1) * 4096))
		const write = new Fields().u32(1).u64(0).u32(contents.length).message(118, 1)
		const head = Buffer.from(write)
		head.writeUInt32LE(write.length + contents.length)
		const answer = new Uint8Array(memory.buffer, 600_000, 100)
		t.is(await server.serve([head, ...pages], [answer]), 11)
		t.deepEqual(readFileSync(join(folder, 'file')), Buffer.from(contents))

		for (const part of pages) part.fill(0)
		const read = new Fields().u32(1).u64(0).u32(contents.length).message(116, 2)
		t.is(await server.serve([read], [answer.subarray(0, 11), ...pages]), 11 + contents.length)
		t.deepEqual(Buffer.concat(pages), Buffer.from(contents))
		// The bytes between the pages are nobody's.
		t.true(new Uint8Array(memory.buffer, 4096, 4096).every((byte) => byte === 0))
	})
}

test('a read is as long as the message size, the answer, and the count allow', async (t) => {
	const {client, folder} = await share(t)
	writeFileSync(join(folder, 'file'), bytes(100_000, 1))
	await client.version(8192)
	await client.attach()
	await client.walk(0, 1, 'file')
	await client.open(1)
	t.is((await client.read(1, 0, 2 ** 31)).length, 8192 - 11)
	const answer = await client.call(116, new Fields().u32(1).u64(0).u32(5000), {room: 1000})
	t.is(answer.u32(), 1000 - 11)
})

test('more pieces than one call of the host takes give a shorter read', async (t) => {
	const {server, client, folder} = await share(t)
	const contents = bytes(5000, 1)
	writeFileSync(join(folder, 'file'), contents)
	await client.walk(0, 1, 'file')
	await client.open(1)
	const pieces = Array.from({length: 3000}, () => new Uint8Array(1))
	const length = await server.serve([new Fields().u32(1).u64(0).u32(5000).message(116, 1)], pieces)
	t.is(length, 11 + 1024)
	t.deepEqual(Buffer.concat(pieces).subarray(11, 11 + 1024), Buffer.from(contents.subarray(0, 1024)))
})

test('offsets and counts that no file has are errors', async (t) => {
	const {client} = await share(t)
	await client.walk(0, 1)
	await client.create(1, 'file')
	for (const offset of [2n ** 63n, 2n ** 64n - 1n, 2n ** 53n]) {
		await fails(t, client.read(1, offset, 10), 22)
		await fails(t, client.write(1, offset, 'x'), 27)
		await fails(t, client.setattr(1, {size: offset}), 27)
	}
	await fails(t, client.call(118, new Fields().u32(1).u64(0).u32(10).bytes(new Uint8Array(9))), 22)
	await fails(t, client.call(118, new Fields().u32(1).u64(0).u32(0xffff_ffff).bytes(new Uint8Array(9))), 22)
	await fails(t, client.call(118, new Fields().u32(1).u64(0)), 22)
})

test('only what is open can be read and written, in the way in which it was opened', async (t) => {
	const {client, folder} = await share(t)
	writeFileSync(join(folder, 'file'), 'contents')
	await client.walk(0, 1, 'file')
	await fails(t, client.read(1, 0, 10), 22)
	await fails(t, client.write(1, 0, 'x'), 22)
	await fails(t, client.fsync(1), 9)
	await fails(t, client.read(99, 0, 10), 22)
	await client.open(1, 0)
	await fails(t, client.write(1, 0, 'x'), 9)
	await client.walk(0, 2, 'file')
	await client.open(2, 1)
	await fails(t, client.read(2, 0, 10), 9)
	await client.walk(0, 3)
	await fails(
		t,
		client.open(0, 0o200000).then(() => client.read(0, 0, 10)),
		95,
	)
	await fails(t, client.write(0, 0, 'x'), 22)
	await fails(t, client.open(await client.find('file'), 0o200000), 20)
})

test('flags for opening have their effects on the host', async (t) => {
	const {client, folder} = await share(t)
	const path = join(folder, 'file')
	writeFileSync(path, 'contents')
	const open = async (flags: number) => {
		const fid = await client.find('file')
		await client.open(fid, flags)
		return fid
	}
	await client.write(await open(0o2001), 0, ' and more')
	t.is(readFileSync(path, 'utf8'), 'contents and more')
	await open(0o1002)
	t.is(readFileSync(path, 'utf8'), '')
	// O_DIRECT is the guest's affair; O_SYNC, O_NOFOLLOW and O_CREAT do no harm.
	await client.write(await open(0o40002), 0, 'abc')
	await client.write(await open(0o4010102 | 0o400000), 3, 'def')
	t.is(readFileSync(path, 'utf8'), 'abcdef')
})

test('a create opens a file that is there, unless it must be new', async (t) => {
	const {client, folder} = await share(t)
	writeFileSync(join(folder, 'file'), 'contents', {mode: 0o600})
	await client.walk(0, 1)
	await fails(t, client.create(1, 'file', {flags: 0o302}), 17)
	await client.create(1, 'file', {flags: 0o102, mode: 0o644})
	t.is((await client.read(1, 0, 100)).toString(), 'contents')
	t.is(statSync(join(folder, 'file')).mode & 0o7777, 0o600)
	await client.walk(0, 2)
	await client.create(2, 'file', {flags: 0o1102})
	t.is(statSync(join(folder, 'file')).size, 0)
	await fails(t, client.create(2, 'other'), 22)
	await fails(t, client.create(await client.find('file'), 'other'), 20)
})

test('an open file is read, written and measured after it was removed and renamed, by guest or host', async (t) => {
	const {client, folder} = await share(t)
	const path = (name: string) => join(folder, name)
	for (const [index, change] of [
		() => client.unlinkat(0, 'file'),
		() => client.renameat(0, 'file', 0, 'moved'),
		async () => unlinkSync(path('file')),
		async () => renameSync(path('file'), path('moved')),
		async () => client.remove(await client.find('file')),
		async () => client.rename(await client.find('file'), 0, 'moved'),
	].entries()) {
		writeFileSync(path('file'), `contents ${index}`)
		const fid = await client.find('file')
		const unopened = await client.find('file')
		await client.open(fid, 2)
		await change()
		t.false(existsSync(path('file')))
		t.is((await client.read(fid, 0, 100)).toString(), `contents ${index}`)
		t.is(await client.write(fid, 10, ' more'), 5)
		t.is((await client.getattr(fid)).size, 15n)
		await client.setattr(fid, {size: 3, mode: 0o600})
		await client.fsync(fid)
		t.is((await client.getattr(fid)).size, 3n)
		// So is a fid that was not open: it holds the file, not the name.
		t.is((await client.getattr(unopened)).mode, 0o100600)
		await client.open(unopened, 0)
		t.is((await client.read(unopened, 0, 100)).toString(), 'con')
	}
})

test('a file that is created, removed and used meanwhile is a temporary file', async (t) => {
	const {client} = await share(t)
	await client.walk(0, 1)
	await client.create(1, 'temporary')
	await client.unlinkat(0, 'temporary')
	await client.write(1, 0, 'contents')
	t.is((await client.getattr(1)).links, 0n)
	t.is((await client.getattr(1)).size, 8n)
	await client.setattr(1, {mode: 0o640, modificationTime: {seconds: 5n, nanoseconds: 0n}})
	t.deepEqual((await client.getattr(1)).modificationTime, {seconds: 5n, nanoseconds: 0n})
})

test('synchronizing waits for the disk, with or without attributes, and of directories, too', async (t) => {
	const {client} = await share(t)
	await client.walk(0, 1)
	await client.create(1, 'file')
	await client.write(1, 0, 'contents')
	await client.fsync(1, 0)
	await client.fsync(1, 1)
	await client.walk(0, 2)
	await client.open(2)
	await client.fsync(2)
	await fails(t, client.fsync(77), 2)
})

test('what another process changes is seen at once', async (t) => {
	const {client, folder} = await share(t)
	writeFileSync(join(folder, 'file'), 'old')
	const fid = await client.find('file')
	await client.open(fid)
	const before = await client.getattr(fid)
	writeFileSync(join(folder, 'file'), 'newer')
	t.is((await client.getattr(fid)).size, 5n)
	t.not((await client.getattr(fid)).qid.version, before.qid.version)
	t.is((await client.read(fid, 0, 10)).toString(), 'newer')
	truncateSync(join(folder, 'file'), 1)
	t.is((await client.read(fid, 0, 10)).toString(), 'n')
})

test('a full file system gives what was written, and then ENOSPC', async (t) => {
	// A file system of 64 KiB, where this may be mounted.
	const {client, folder} = await share(t)
	await client.mkdir(0, 'small')
	const small = join(folder, 'small')
	if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', small]).status !== 0) return t.pass()
	try {
		const fid = await client.find('small')
		await client.create(fid, 'file')
		const contents = new Uint8Array(100_000).fill(1)
		t.is(await client.write(fid, 0, contents), 65_536)
		await fails(t, client.write(fid, 65_536, contents), 28)
		await client.clunk(fid)
	} finally {
		t.is(spawnSync('umount', ['-l', small]).status, 0)
	}
})
