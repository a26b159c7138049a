import {mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test from 'ava'
import {Server} from '../../src/9p/index.ts'
import {Client, Fields, fails, share} from './client.ts'

test('both agree on the smaller message size, and on no other protocol', async (t) => {
	const {client} = await share(t)
	t.deepEqual(await client.version(65_536), {messageSize: 65_536, version: '9P2000.L'})
	t.deepEqual(await client.version(2 ** 30), {messageSize: 2 ** 20, version: '9P2000.L'})
	for (const other of ['9P2000', '9P2000.u', '9P2000.L\0', ''])
		t.is((await client.version(65_536, other)).version, 'unknown')
	await fails(t, client.attach(), 71)
	await fails(t, client.version(4095), 90)
})

test('a version clunks every fid', async (t) => {
	const {client, server, folder} = await share(t)
	writeFileSync(join(folder, 'file'), '')
	await client.open(await client.find('file'))
	t.is(server.counts.fids, 2)
	await client.version()
	t.deepEqual(server.counts, {fids: 0, handles: 0, openHandles: 0, pending: 0})
})

test('there is no authentication, and messages of other 9P versions are refused', async (t) => {
	const {client} = await share(t)
	await fails(t, client.call(102, new Fields().u32(1).string('root').string('').u32(0)), 95)
	for (const type of [6, 98, 106, 112, 114, 124, 126, 0, 255]) await fails(t, client.call(type, new Fields()), 95)
})

test('extended attributes are not supported', async (t) => {
	const {client} = await share(t)
	await fails(t, client.call(30, new Fields().u32(0).u32(9).string('user.x')), 95)
	await fails(t, client.call(32, new Fields().u32(0).string('user.x').u64(1).u32(0)), 95)
})

test('a walk takes up to 16 names, and gives a new fid only if it finds them all', async (t) => {
	const {client, folder, server} = await share(t)
	const names = Array.from({length: 16}, (_, index) => `folder ${index}`)
	mkdirSync(join(folder, ...names), {recursive: true})
	const qids = await client.walk(0, 1, ...names)
	t.is(qids.length, 16)
	t.is(qids.at(-1)!.path, BigInt(statSync(join(folder, ...names)).ino))
	t.is(qids.at(-1)!.type, 0x80)
	await fails(t, client.walk(0, 2, ...names, 'another'), 22)

	t.is((await client.walk(0, 2, names[0]!, names[1]!, 'missing', 'x')).length, 2)
	await fails(t, client.clunk(2), 2)
	await fails(t, client.walk(0, 2, 'missing', 'x'), 2)
	await fails(t, client.walk(99, 2), 2)
	t.is(server.counts.fids, 2)
})

test('a walk without names makes another fid of the same file, and one onto itself moves the fid', async (t) => {
	const {client, folder} = await share(t)
	mkdirSync(join(folder, 'a/b'), {recursive: true})
	await client.walk(0, 1)
	t.is((await client.getattr(1)).qid.path, BigInt(statSync(folder).ino))
	await client.walk(1, 1, 'a', 'b')
	t.is((await client.getattr(1)).qid.path, BigInt(statSync(join(folder, 'a/b')).ino))
	// Not onto itself, if a name is missing.
	await client.walk(1, 1, '..', 'missing')
	t.is((await client.getattr(1)).qid.path, BigInt(statSync(join(folder, 'a/b')).ino))
})

test('a fid is not given twice, and not once it is open', async (t) => {
	const {client, folder} = await share(t)
	mkdirSync(join(folder, 'a'))
	await client.walk(0, 1)
	await fails(t, client.walk(0, 1), 22)
	await fails(t, client.attach(1), 22)
	await fails(t, client.attach(0xffff_ffff), 22)
	await client.open(1)
	await fails(t, client.open(1), 22)
	await fails(t, client.walk(1, 1, 'a'), 22)
	t.is((await client.walk(1, 2, 'a')).length, 1)
	await client.clunk(1)
	await fails(t, client.clunk(1), 2)
})

test('the root is its own parent', async (t) => {
	const {client, folder} = await share(t)
	const root = BigInt(statSync(folder).ino)
	t.deepEqual(
		(await client.walk(0, 1, '..', '..', '.')).map(({path}) => path),
		[root, root, root],
	)
})

test('names that cannot be names fail as QEMU has it', async (t) => {
	const {client, folder} = await share(t)
	mkdirSync(join(folder, 'a'))
	writeFileSync(join(folder, 'file'), '')
	for (const name of ['', 'a/b', '/', '../a', 'a\0b', '/etc']) {
		await fails(t, client.walk(0, 5, 'a', name), 2)
		await fails(t, client.mkdir(0, name), 2)
		await fails(t, client.create(0, name), 2)
		await fails(t, client.unlinkat(0, name), 2)
		await fails(t, client.renameat(0, 'file', 0, name), 2)
	}
	for (const name of ['.', '..']) {
		await fails(t, client.mkdir(0, name), 17)
		await fails(t, client.create(0, name), 17)
		await fails(t, client.symlink(0, name, 'x'), 17)
		await fails(t, client.mknod(0, name, 0o100644), 17)
		await fails(t, client.link(0, await client.find('file'), name), 17)
		await fails(t, client.renameat(0, 'file', 0, name), 21)
		await fails(t, client.renameat(0, name, 0, 'x'), 21)
		await fails(t, client.rename(await client.find('file'), 0, name), 21)
	}
	await fails(t, client.unlinkat(0, '.', 0x200), 22)
	await fails(t, client.unlinkat(0, '..', 0x200), 39)
	await fails(t, client.unlinkat(0, 'a', 0x400), 22)
	await fails(t, client.mkdir(0, 'x'.repeat(256)), 36)
})

test('a message must have a header, and its answer room for an error', async (t) => {
	const {server} = await share(t)
	const request = new Fields().u32(0).message(120, 1)
	t.is(await server.serve([request.subarray(0, 6)], [new Uint8Array(100)]), 'malformed')
	t.is(await server.serve([], [new Uint8Array(100)]), 'malformed')
	t.is(await server.serve([request], [new Uint8Array(10)]), 'malformed')
	t.is(await server.serve([request], [new Uint8Array(5), new Uint8Array(6)]), 7)
})

test('a message that is longer than it says, or shorter, or too long for the session, is refused', async (t) => {
	const {server, client} = await share(t)
	await client.version(4096)
	await client.attach()
	const refused = async (request: Uint8Array, errno: number) => {
		const output = Buffer.alloc(100)
		t.is(await server.serve([request], [output]), 11)
		t.is(output.readUInt8(4), 7)
		t.is(output.readUInt32LE(7), errno)
	}
	const shorter = Buffer.from(new Fields().u32(0).message(120, 1))
	shorter.writeUInt32LE(12)
	await refused(shorter, 22)
	shorter.writeUInt32LE(10)
	await refused(shorter, 22)
	shorter.writeUInt32LE(6)
	await refused(shorter, 22)
	await refused(new Fields().u32(0).u64(0).u32(5000).bytes(new Uint8Array(5000)).message(118, 1), 90)
	// What follows a message is not part of it.
	t.is(await server.serve([new Fields().u32(0).message(120, 1), new Uint8Array(9000)], [new Uint8Array(11)]), 7)
})

test('an answer that finds no room is an error', async (t) => {
	const {client} = await share(t)
	await fails(t, client.call(24, new Fields().u32(0).u64(0x7ff), {room: 50}), 90)
})

test('fids are bounded', async (t) => {
	const {client, server} = await share(t, {limits: {fids: 10}})
	for (let fid = 1; fid < 10; fid++) await client.walk(0, fid)
	await fails(t, client.walk(0, 10), 23)
	await client.clunk(3)
	await client.walk(0, 10)
	t.is(server.counts.fids, 10)
})

test('handles are bounded: beyond, their descriptors are closed, and opened again when they are needed', async (t) => {
	const {client, folder, server} = await share(t, {limits: {handles: 20}})
	for (let index = 0; index < 100; index++) {
		mkdirSync(join(folder, `folder ${index}`))
		writeFileSync(join(folder, `folder ${index}/file`), `contents ${index}`)
		await client.walk(0, 1000 + index, `folder ${index}`, 'file')
	}
	t.is(server.counts.handles, 200)
	t.true(server.counts.openHandles <= 25)
	for (let index = 0; index < 100; index++) {
		await client.open(1000 + index)
		t.is((await client.read(1000 + index, 0, 100)).toString(), `contents ${index}`)
		await client.clunk(1000 + index)
	}
	t.true(server.counts.openHandles <= 25)
	t.is(server.counts.handles, 0)
})

test('a handle whose descriptor was closed is not another file that has its name now', async (t) => {
	const {client, folder} = await share(t, {limits: {handles: 4}})
	mkdirSync(join(folder, 'folder'))
	writeFileSync(join(folder, 'folder/file'), 'old')
	const fid = await client.find('folder/file')
	const push = async () => {
		for (let index = 0; index < 20; index++) {
			writeFileSync(join(folder, `${index}`), '')
			await client.find(`${index}`)
		}
	}
	await push()
	// The client's own renames are followed.
	await client.renameat(0, 'folder', 0, 'moved')
	await client.renameat(await client.find('moved'), 'file', 0, 'other')
	await push()
	t.is((await client.getattr(fid)).size, 3n)
	await push()
	rmSync(join(folder, 'other'))
	writeFileSync(join(folder, 'other'), 'another')
	await fails(t, client.getattr(fid), 116)
})

test('a request in pieces is understood, wherever they end', async (t) => {
	const {server, folder} = await share(t)
	const request = new Fields().u32(0).u32(7).u16(1).string('file').message(110, 3)
	writeFileSync(join(folder, 'file'), '')
	for (let cut = 0; cut <= request.length; cut++) {
		const output = [new Uint8Array(3), new Uint8Array(0), new Uint8Array(30)]
		t.is(await server.serve([request.subarray(0, cut), request.subarray(cut)], output), 22)
		t.is(Buffer.concat(output).readUInt16LE(5), 3)
		await server.serve([new Fields().u32(7).message(120, 1)], [new Uint8Array(11)])
	}
})

test('a flush is answered after the request that it flushes', async (t) => {
	const {server, client, folder} = await share(t, {waiting: 'pool'})
	writeFileSync(join(folder, 'file'), 'contents')
	const fid = await client.find('file')
	await client.open(fid, 2)
	const order: string[] = []
	const serve = async (name: string, request: Uint8Array) => {
		const length = await server.serve([request], [new Uint8Array(200)])
		order.push(name)
		return length
	}
	const served = [
		serve('fsync', new Fields().u32(fid).u32(0).message(50, 1)),
		serve('flush of fsync', new Fields().u16(1).message(108, 2)),
		serve('read', new Fields().u32(fid).u64(0).u32(8).message(116, 3)),
		serve('flush of read', new Fields().u16(3).message(108, 4)),
		serve('flush of nothing', new Fields().u16(77).message(108, 5)),
		serve('getattr', new Fields().u32(fid).u64(0).message(24, 6)),
	]
	t.is(server.counts.pending, 4)
	t.deepEqual(await Promise.all(served), [7, 7, 19, 7, 7, 97 + 63])
	t.true(order.indexOf('fsync') < order.indexOf('flush of fsync'))
	t.true(order.indexOf('read') < order.indexOf('flush of read'))
	t.deepEqual(order.slice(0, 2), ['flush of nothing', 'getattr'])
	t.is(server.counts.pending, 0)
})

test('a fid that is clunked while it is read gives its descriptor back only afterwards', async (t) => {
	const {server, client, folder} = await share(t, {waiting: 'pool'})
	const contents = Buffer.alloc(500_000, 'x')
	writeFileSync(join(folder, 'file'), contents)
	for (let round = 0; round < 20; round++) {
		const fid = await client.find('file')
		await client.open(fid)
		const output = new Uint8Array(600_000)
		const served = server.serve([new Fields().u32(fid).u64(0).u32(500_000).message(116, 3)], [output])
		await client.clunk(fid)
		// Would get the descriptor's number if it were closed.
		writeFileSync(join(folder, 'other'), 'y')
		t.is(await served, 500_011)
		t.true(contents.equals(output.subarray(11, 500_011)))
	}
})

test('beyond the bound on calls at once, contents are waited for', async (t) => {
	const {server, client, folder} = await share(t, {waiting: 'pool', limits: {inFlight: 2}})
	writeFileSync(join(folder, 'file'), 'contents')
	const fid = await client.find('file')
	await client.open(fid)
	const reads = Array.from({length: 5}, (_, index) =>
		server.serve([new Fields().u32(fid).u64(0).u32(8).message(116, index)], [new Uint8Array(100)]),
	)
	t.deepEqual(
		reads.map((read) => typeof read),
		['object', 'object', 'number', 'number', 'number'],
	)
	t.is(server.serve([new Fields().u32(fid).u32(0).message(50, 9)], [new Uint8Array(11)]), 7)
	await server.idle()
	t.is(server.counts.pending, 0)
})

test('what is answered later is not written into pieces that are no longer its own', async (t) => {
	const {server, client, folder} = await share(t, {waiting: 'pool'})
	writeFileSync(join(folder, 'file'), 'contents')
	const fid = await client.find('file')
	await client.open(fid)
	const requests = [
		new Fields().u32(fid).u64(0).u32(8).message(116, 1),
		new Fields().u32(fid).u32(0).message(50, 2),
		new Fields()
			.u32(fid)
			.u64(2n ** 53n - 1n)
			.u32(8)
			.message(116, 3),
	]
	for (const isOurs of [false, true])
		for (const request of requests) {
			const output = new Uint8Array(100)
			let isAccessed = false
			const served = server.serve([request], [output], (body) => {
				isAccessed = true
				if (isOurs) body()
				return isOurs
			})
			t.false(isAccessed)
			t.is((await served) === 0, !isOurs)
			t.true(isAccessed)
			t.is(
				output.every((byte) => byte === 0),
				!isOurs,
			)
		}
})

test('locks are granted, and none is held by others, as QEMU answers', async (t) => {
	const {client} = await share(t)
	t.is(await client.lock(0), 0)
	t.is(await client.lock(0, 1), 0)
	await fails(t, client.lock(0, 2), 22)
	await fails(t, client.lock(9), 2)
	t.deepEqual(await client.getlock(0), {type: 2, start: 3n, length: 4n, process: 7, id: 'guest'})
})

test('only a folder can be shared', (t) => {
	const folder = mkdtempSync(join(tmpdir(), 'manyhart-9p-'))
	t.teardown(() => rmSync(folder, {recursive: true}))
	writeFileSync(join(folder, 'file'), '')
	t.throws(() => new Server({folder: join(folder, 'missing')}), {
		message: /^Expected a folder to share, got .*missing: ENOENT/,
	})
	t.throws(() => new Server({folder: join(folder, 'file')}), {message: /ENOTDIR/})
})

test('a folder that vanishes gives errors, and no more', async (t) => {
	const folder = mkdtempSync(join(tmpdir(), 'manyhart-9p-'))
	const {client} = await share(t, {folder})
	writeFileSync(join(folder, 'file'), 'contents')
	const fid = await client.find('file')
	await client.open(fid)
	rmSync(folder, {recursive: true})
	await fails(t, client.find('file'), 2)
	await fails(t, client.create(0, 'new'), 2)
	t.is((await client.read(fid, 0, 8)).toString(), 'contents')
	t.is((await client.getattr(0)).links, 0n)
	const root = await client.find('')
	await client.open(root)
	t.deepEqual(
		(await client.list(root)).map(({name}) => name),
		['.', '..'],
	)
})

test('a server that was reset takes a new client', async (t) => {
	const {client, server} = await share(t)
	await client.walk(0, 1)
	server.reset()
	await fails(t, client.getattr(0), 71)
	const next = new Client(server)
	await next.version()
	await next.attach()
	t.is(server.counts.fids, 1)
})
