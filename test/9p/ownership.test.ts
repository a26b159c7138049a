import {chownSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {Ownership} from '../../src/9p/ownership.ts'
import {type Client, fails, share} from './client.ts'

const isRoot = process.geteuid!() === 0

test("the host's user is shown as the guest's root, and root as that user", (t) => {
	const ownership = new Ownership('user', {uid: 1000, gid: 100})
	t.deepEqual(
		[1000, 0, 1001].map((uid) => ownership.mapUid(uid)),
		[0, 1000, 1001],
	)
	t.deepEqual(
		[100, 0, 1001].map((gid) => ownership.mapGid(gid)),
		[0, 100, 1001],
	)
	const byNumber = new Ownership('none', {uid: 1000, gid: 100})
	t.deepEqual(
		[1000, 0, 1001].map((uid) => byNumber.mapUid(uid)),
		[1000, 0, 1001],
	)
})

test("a user's folder gets no programs that run as their owner", (t) => {
	const user = new Ownership('user', {uid: 1000, gid: 100})
	t.is(user.mode(0o106755, 'other'), 0o755)
	t.is(user.mode(0o043775, 'folder'), 0o3775)
	t.is(new Ownership('none').mode(0o106755, 'other'), 0o6755)
})

test('a new file is given to its owner only where that can succeed, or must', (t) => {
	const [now, wanted] = [
		{uid: 1000, gid: 100},
		{uid: 5, gid: 100},
	]
	t.false(new Ownership('user', now).mustChange(now, {uid: 0, gid: 0}))
	t.false(new Ownership('none', now).mustChange(now, wanted))
	t.true(new Ownership('passthrough', now).mustChange(now, wanted))
	t.true(new Ownership('none', {uid: 0, gid: 0}).mustChange({uid: 0, gid: 0}, wanted))
	t.false(new Ownership('none', {uid: 0, gid: 0}).mustChange(wanted, wanted))
	t.false(new Ownership('none', {uid: 0, gid: 0}).mustChange(wanted, {uid: 0xffff_ffff, gid: 0xffff_ffff}))
})

;(isRoot ? test : test.skip)('a server that may gives new files to the user that attached, by number', async (t) => {
	const {client, folder} = await share(t, {securityModel: 'none'})
	await client.attach(50, 1234)
	await client.mkdir(50, 'folder')
	t.is(statSync(join(folder, 'folder')).uid, 1234)
	await client.walk(50, 51)
	await client.create(51, 'file', {mode: 0o4755, gid: 77})
	const {uid, gid, mode} = statSync(join(folder, 'file'))
	t.deepEqual({uid, gid, mode}, {uid: 1234, gid: 77, mode: 0o104755})
	await client.setattr(51, {uid: 5, gid: 6})
	t.is((await client.getattr(51)).uid, 5)
	t.is((await client.getattr(51)).gid, 6)
	await client.setattr(51, {gid: 8})
	t.is((await client.getattr(51)).uid, 5)
})

const changes: Readonly<Record<string, (client: Client) => Promise<unknown>>> = {
	create: (client) => client.create(0, 'new'),
	'create an existing file': (client) => client.create(0, 'file'),
	mkdir: (client) => client.mkdir(0, 'new'),
	symlink: (client) => client.symlink(0, 'new', 'x'),
	mknod: (client) => client.mknod(0, 'new', 0o010644),
	link: async (client) => client.link(0, await client.find('file'), 'new'),
	rename: async (client) => client.rename(await client.find('file'), 0, 'new'),
	renameat: (client) => client.renameat(0, 'file', 0, 'new'),
	unlinkat: (client) => client.unlinkat(0, 'file'),
	remove: async (client) => client.remove(await client.find('file')),
	setattr: async (client) => client.setattr(await client.find('file'), {mode: 0o777}),
	'open for writing': async (client) => client.open(await client.find('file'), 1),
	'open for both': async (client) => client.open(await client.find('file'), 2),
	'open and cut': async (client) => client.open(await client.find('file'), 0o1000),
	'open and append': async (client) => client.open(await client.find('file'), 0o2000),
	write: async (client) => {
		const fid = await client.find('file')
		await client.open(fid)
		await client.write(fid, 0, 'x')
	},
}

test('a read-only folder is read, and every change is refused', async (t) => {
	const {client, folder} = await share(t, {readOnly: true})
	writeFileSync(join(folder, 'file'), 'contents')
	symlinkSync('file', join(folder, 'link'))
	const before = statSync(join(folder, 'file'), {bigint: true})
	for (const [name, change] of Object.entries(changes)) {
		const error = await t.throwsAsync(change(client), undefined, name)
		t.is((error as {errno?: number}).errno, 30, name)
	}
	const fid = await client.find('file')
	await client.open(fid)
	t.is((await client.read(fid, 0, 100)).toString(), 'contents')
	await client.fsync(fid)
	t.is(await client.readlink(await client.find('link')), 'file')
	t.is(await client.lock(fid), 0)
	await client.open(0)
	t.is((await client.list(0)).length, 4)
	t.deepEqual(readdirSync(folder).sort(), ['file', 'link'])
	t.is(statSync(join(folder, 'file'), {bigint: true}).ctimeNs, before.ctimeNs)
})

;(isRoot ? test.serial : test.skip)(
	'a server without privileges ignores owners, or under passthrough refuses and undoes',
	async (t) => {
		for (const securityModel of ['user', 'none', 'passthrough'] as const) {
			const {folder, client} = await share(t, {securityModel})
			chownSync(folder, 65_534, 65_534)
			writeFileSync(join(folder, 'file'), 'contents')
			chownSync(join(folder, 'file'), 65_534, 65_534)
			// The server makes its choice by who it is when it begins; this one loses its privileges afterwards.
			const {client: unprivileged} = await asNobody(() => share(t, {securityModel, folder}))
			await asNobody(async () => {
				const fid = await unprivileged.find('file')
				const giveAway = unprivileged.setattr(fid, {uid: 1, gid: 1})
				if (securityModel === 'passthrough') await fails(t, giveAway, 1)
				else await giveAway
				await unprivileged.attach(60, 1)
				await unprivileged.walk(60, 61)
				const create = unprivileged.create(61, 'new', {gid: 1})
				if (securityModel === 'passthrough') await fails(t, create, 1)
				else await create
				t.is(existsSync(join(folder, 'new')), securityModel !== 'passthrough')
				const {uid} = await unprivileged.getattr(fid)
				t.is(uid, securityModel === 'user' ? 0 : 65_534)
			})
			t.is(statSync(join(folder, 'file')).uid, 65_534)
			t.is(readFileSync(join(folder, 'file'), 'utf8'), 'contents')
			await client.version()
		}
	},
)

async function asNobody<Result>(run: () => Promise<Result>): Promise<Result> {
	process.setegid!(65_534)
	process.seteuid!(65_534)
	try {
		return await run()
	} finally {
		process.seteuid!(0)
		process.setegid!(0)
	}
}
