import {spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {
	linkSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Worker} from 'node:worker_threads'
import test, {type ExecutionContext} from 'ava'
import type {ServerOptions} from '../../src/9p/index.ts'
import {type Client, fails, Rlerror, share} from './client.ts'

/** A folder, and beside it another one, which the guest must not reach. */
async function shareBeside(t: ExecutionContext, options: Partial<ServerOptions> = {}) {
	const base = mkdtempSync(join(tmpdir(), 'manyhart-9p-'))
	const [folder, outside] = [join(base, 'folder'), join(base, 'outside')]
	mkdirSync(folder)
	mkdirSync(outside)
	writeFileSync(join(outside, 'secret'), 'secret')
	const shared = await share(t, {...options, folder})
	t.teardown(() => rmSync(base, {recursive: true, force: true}))
	return {...shared, base, outside}
}

const untouched = (t: ExecutionContext, outside: string): void => {
	t.deepEqual(readdirSync(outside), ['secret'])
	t.is(readFileSync(join(outside, 'secret'), 'utf8'), 'secret')
	t.is(statSync(join(outside, 'secret')).nlink, 1)
}

test('a symbolic link is a file of its own, wherever it leads', async (t) => {
	const {client, folder, outside, base} = await shareBeside(t)
	writeFileSync(join(folder, 'file'), '')
	for (const target of [
		outside,
		'../outside',
		'..',
		'/',
		base,
		'/proc/self/root',
		'/proc/self/cwd',
		`/proc/${process.pid}/root`,
	]) {
		const name = 'link'
		symlinkSync(target, join(folder, name))
		const fid = await client.find(name)
		t.is((await client.getattr(fid)).qid.type, 2)
		t.is(await client.readlink(fid), target)
		for (const below of ['secret', 'outside', 'etc', '..', '.']) await fails(t, client.walk(fid, 77, below), 20)
		t.is((await client.walk(0, 77, name, 'outside')).length, 1)
		await fails(t, client.open(fid, 0), 40)
		await fails(t, client.open(fid, 0o200000), 40)
		await fails(t, client.create(fid, 'new'), 20)
		await fails(t, client.create(await client.find(''), name), 40)
		await fails(t, client.mkdir(fid, 'new'), 20)
		await fails(t, client.symlink(fid, 'new', 'x'), 20)
		await fails(t, client.mknod(fid, 'new', 0o100644), 20)
		await fails(t, client.mknod(fid, 'new', 0o010644), 20)
		await fails(t, client.unlinkat(fid, 'secret'), 20)
		await fails(t, client.renameat(fid, 'secret', 0, 'new'), 20)
		await fails(t, client.renameat(0, 'file', fid, 'new'), 20)
		await fails(t, client.rename(await client.find('file'), fid, 'new'), 20)
		await fails(t, client.link(fid, await client.find('file'), 'new'), 20)
		await fails(t, client.setattr(fid, {size: 0}), 22)
		await client.unlinkat(0, name)
	}
	untouched(t, outside)
})

test('no path of dots leaves the folder, not even from a directory that the host moved out of it', async (t) => {
	const {client, folder, outside, base} = await shareBeside(t)
	mkdirSync(join(folder, 'a/b'), {recursive: true})
	const root = BigInt(statSync(folder).ino)
	const qids = await client.walk(0, 1, 'a', 'b', '..', '..', '..', '..')
	t.is(qids.at(-1)!.path, root)
	await client.walk(0, 2, 'a', 'b')
	renameSync(join(folder, 'a'), join(base, 'moved'))
	t.is((await client.walk(2, 3, '..', '..')).at(-1)!.path, root)
	t.deepEqual(await client.walk(2, 4, '..', '..', 'outside').then((found) => found.length), 2)
	untouched(t, outside)
})

test('a fifo or a device in the folder is shown and never opened', async (t) => {
	const {client, folder} = await shareBeside(t)
	if (spawnSync('mkfifo', [join(folder, 'fifo')]).status !== 0) return t.pass()
	const hasDevice = spawnSync('mknod', [join(folder, 'device'), 'c', '1', '3']).status === 0
	for (const name of hasDevice ? ['fifo', 'device'] : ['fifo']) {
		for (const flags of [0, 1, 2, 0o1001, 0o4000, 0o200000])
			await fails(t, client.open(await client.find(name), flags), 6)
		for (const flags of [0o102, 0o1101]) await fails(t, client.create(await client.find(''), name, {flags}), 6)
		await fails(t, client.setattr(await client.find(name), {size: 0}), 22)
		const fid = await client.find(name)
		await client.setattr(fid, {mode: 0o600, modificationTime: {seconds: 3n, nanoseconds: 0n}})
		t.is((await client.getattr(fid)).mode & 0o7777, 0o600)
		await client.statfs(fid)
	}
	if (hasDevice) t.is((await client.getattr(await client.find('device'))).device, 0x103n)
})

test('a hard link to a file outside is the file: the host made it', async (t) => {
	const {client, folder, outside} = await shareBeside(t)
	linkSync(join(outside, 'secret'), join(folder, 'name'))
	const fid = await client.find('name')
	await client.open(fid)
	t.is((await client.read(fid, 0, 100)).toString(), 'secret')
})

test('files of other file systems have qids of their own, or are refused', async (t) => {
	const {folder, client} = await shareBeside(t)
	mkdirSync(join(folder, 'mounted'))
	if (spawnSync('mount', ['-t', 'tmpfs', 'none', join(folder, 'mounted')]).status !== 0) return t.pass()
	try {
		const {ino} = statSync(join(folder, 'mounted'))
		const [qid] = await client.walk(0, 1, 'mounted')
		t.is(qid!.path, (1n << 56n) | BigInt(ino))
		await fails(t, client.renameat(0, 'mounted', 0, 'x'), 16)
		const {client: careful} = await share(t, {folder, multidevs: 'forbid'})
		await fails(t, careful.walk(0, 1, 'mounted'), 19)
	} finally {
		t.is(spawnSync('umount', ['-l', join(folder, 'mounted')]).status, 0)
	}
})

for (const handles of [1000, 2])
	test(`a directory that another process exchanges for a link does not lead out (${handles} handles)`, async (t) => {
		const {client, folder, outside, base} = await shareBeside(t, {limits: {handles}})
		mkdirSync(join(folder, 'place'))
		writeFileSync(join(folder, 'place/inside'), 'inside')
		writeFileSync(join(folder, 'file'), 'file')
		symlinkSync(outside, join(folder, 'link'))
		const stop = new Int32Array(new SharedArrayBuffer(4))
		const worker = new Worker(new URL('./swapper.ts', import.meta.url), {
			workerData: {place: join(folder, 'place'), link: join(folder, 'link'), aside: join(folder, 'aside'), stop},
		})
		const ended = once(worker, 'exit')
		try {
			const seen = {folder: 0, link: 0, neither: 0}
			// Enough only when the thread was seen to exchange them.
			for (let round = 0; round < 200 || seen.folder < 20 || seen.link < 20; round++) await attack(t, client, seen)
			t.log(seen)
		} finally {
			// Publish. Pairs with the thread's load in each turn.
			Atomics.store(stop, 0, 1)
			await ended
		}
		untouched(t, outside)
		t.deepEqual(readdirSync(base).sort(), ['folder', 'outside'])
	})

/** All that a guest could try while the directory is exchanged. */
async function attack(t: ExecutionContext, client: Client, seen: Record<'folder' | 'link' | 'neither', number>) {
	const attempt = <Result>(promise: Promise<Result>) =>
		promise.catch((error: unknown) => {
			if (!(error instanceof Rlerror)) throw error
		})
	const found = await attempt(client.walk(0, 1, 'place', 'secret'))
	t.not(found?.length, 2)
	const inside = await attempt(client.walk(0, 2, 'place', 'inside'))
	const kind = inside === undefined ? 'neither' : inside[0]!.type === 2 ? 'link' : 'folder'
	seen[kind]++
	if (inside?.length === 2) await client.clunk(2)
	if ((await attempt(client.walk(0, 3, 'place'))) === undefined) return
	await attempt(client.symlink(3, 'planted', 'x'))
	await attempt(client.mkdir(3, 'planted folder'))
	await attempt(client.renameat(0, 'file', 3, 'planted file'))
	await attempt(client.renameat(3, 'planted file', 0, 'file'))
	await attempt(client.unlinkat(3, 'secret'))
	await attempt(client.unlinkat(3, 'planted'))
	await attempt(client.unlinkat(3, 'planted folder', 0x200))
	const file = await attempt(client.find('file'))
	if (file !== undefined) {
		await attempt(client.link(3, file, 'hard link'))
		await attempt(client.unlinkat(3, 'hard link'))
		await client.clunk(file)
	}
	await attempt(client.setattr(3, {modificationTime: 'now'}))
	if ((await attempt(client.walk(3, 4))) !== undefined) {
		await attempt(client.create(4, 'new', {flags: 0o1102}))
		await attempt(client.write(4, 0, 'planted'))
		await client.clunk(4)
		await attempt(client.unlinkat(3, 'new'))
	}
	if ((await attempt(client.open(3))) !== undefined) for (const {name} of await client.list(3)) t.not(name, 'secret')
	await client.clunk(3)
}
