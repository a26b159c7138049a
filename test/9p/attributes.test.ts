import {chmodSync, lstatSync, mkdirSync, readFileSync, statfsSync, statSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {toNodeTime} from '../../src/9p/times.ts'
import {fails, share, type Time} from './client.ts'

const toNanoseconds = ({seconds, nanoseconds}: Time) => seconds * 1_000_000_000n + nanoseconds

test("attributes are the host's", async (t) => {
	const {client, folder} = await share(t, {securityModel: 'none'})
	mkdirSync(join(folder, 'folder'))
	writeFileSync(join(folder, 'file'), 'x'.repeat(10_000))
	symlinkSync('target', join(folder, 'link'))
	for (const name of ['folder', 'file', 'link', '.']) {
		const stat = lstatSync(join(folder, name), {bigint: true})
		const got = await client.getattr(await client.find(name))
		t.is(got.valid, 0xfffn)
		t.is(got.qid.path, stat.ino)
		t.is(got.mode, Number(stat.mode))
		t.is(got.uid, Number(stat.uid))
		t.is(got.gid, Number(stat.gid))
		t.is(got.links, stat.nlink)
		t.is(got.device, stat.rdev)
		t.is(got.size, stat.size)
		t.is(got.blocks, stat.blocks)
		t.is(toNanoseconds(got.accessTime), stat.atimeNs)
		t.is(toNanoseconds(got.modificationTime), stat.mtimeNs)
		t.is(toNanoseconds(got.changeTime), stat.ctimeNs)
		t.is(toNanoseconds(got.birthTime), stat.birthtimeNs)
		t.is(got.blockSize % stat.blksize, 0n)
		t.is(got.generation, 0n)
	}
	// The time of birth only if it is asked for.
	const got = await client.getattr(0, 0x7ff)
	t.is(got.valid, 0x7ffn)
	t.is(toNanoseconds(got.birthTime), 0n)
	await fails(t, client.getattr(99), 2)
})

test('times are set to given ones, to now, or left alone, each by itself', async (t) => {
	const {client, folder} = await share(t)
	writeFileSync(join(folder, 'file'), '')
	symlinkSync('nowhere', join(folder, 'link'))
	const given = {seconds: 1_700_000_000n, nanoseconds: 500_000_000n}
	for (const name of ['file', 'link'])
		for (const opened of name === 'file' ? [false, true] : [false]) {
			const fid = await client.find(name)
			if (opened) await client.open(fid)
			const stat = () => lstatSync(join(folder, name), {bigint: true})
			await client.setattr(fid, {accessTime: given, modificationTime: given})
			t.is(stat().mtimeNs, 1_700_000_000_500_000_000n)
			t.is(stat().atimeNs, 1_700_000_000_500_000_000n)
			const early = {seconds: 0n, nanoseconds: 0n}
			await client.setattr(fid, {modificationTime: early})
			t.is(stat().mtimeNs, 0n)
			t.is(stat().atimeNs, 1_700_000_000_500_000_000n)
			await client.setattr(fid, {accessTime: {seconds: -5n, nanoseconds: 250_000_000n}})
			t.is(stat().atimeNs, -4_750_000_000n)
			t.is(toNanoseconds((await client.getattr(fid)).accessTime), -4_750_000_000n)
			t.is(stat().mtimeNs, 0n)
			await client.setattr(fid, {modificationTime: 'now'})
			t.true(stat().mtimeNs > 1_700_000_000_000_000_000n)
			t.is(stat().atimeNs, -4_750_000_000n)
			await fails(t, client.setattr(fid, {accessTime: {seconds: 1n, nanoseconds: 1_000_000_000n}}), 22)
		}
})

test('a time that is set is exact to 250 ns, and never before the one that was asked for', async (t) => {
	const {client, folder} = await share(t)
	writeFileSync(join(folder, 'file'), '')
	const fid = await client.find('file')
	for (let step = 0; step < 200; step++) {
		const nanoseconds = BigInt((step * 7_654_321) % 1_000_000_000)
		const time = {seconds: 1_764_000_000n + BigInt(step), nanoseconds}
		await client.setattr(fid, {accessTime: time, modificationTime: time})
		const {mtimeNs} = statSync(join(folder, 'file'), {bigint: true})
		const late = mtimeNs - toNanoseconds(time)
		t.true(late >= 0n && late < 250n, `${late}`)
	}
	t.is(toNodeTime({seconds: 12n, nanoseconds: 0}), '12')
})

test('mode, size and owner are set; a size may make a file longer', async (t) => {
	const {client, folder} = await share(t)
	const path = join(folder, 'file')
	writeFileSync(path, 'contents')
	const fid = await client.find('file')
	await client.setattr(fid, {mode: 0o4751})
	t.is(statSync(path).mode & 0o7777, 0o751)
	await client.setattr(fid, {size: 3})
	t.is(readFileSync(path, 'latin1'), 'con')
	await client.setattr(fid, {size: 6})
	t.is(readFileSync(path, 'latin1'), 'con\0\0\0')
	const {changeTime} = await client.getattr(fid)
	await client.setattr(fid, {changeTime: true})
	t.true(toNanoseconds((await client.getattr(fid)).changeTime) >= toNanoseconds(changeTime))
	await client.setattr(fid, {})
	await fails(t, client.setattr(99, {}), 22)
	await fails(t, client.setattr(0, {size: 0}), 21)
	// All at once: times last, which the others would change.
	const time = {seconds: 77n, nanoseconds: 0n}
	await client.setattr(fid, {size: 100, mode: 0o600, uid: 0, gid: 0, accessTime: time, modificationTime: time})
	t.is(statSync(path).mtimeMs, 77_000)
	t.is(statSync(path).size, 100)
	t.is(statSync(path).mode & 0o7777, 0o600)
})

test('what is set on a symbolic link is set on the link', async (t) => {
	const {client, folder} = await share(t)
	writeFileSync(join(folder, 'file'), 'contents')
	chmodSync(join(folder, 'file'), 0o600)
	symlinkSync('file', join(folder, 'link'))
	const fid = await client.find('link')
	const before = statSync(join(folder, 'file'), {bigint: true})
	await fails(t, client.setattr(fid, {mode: 0o777}), 95)
	await fails(t, client.setattr(fid, {size: 0}), 22)
	await client.setattr(fid, {modificationTime: {seconds: 5n, nanoseconds: 0n}})
	await client.setattr(fid, {uid: 0, gid: 0})
	t.is(lstatSync(join(folder, 'link')).mtimeMs, 5000)
	t.deepEqual(statSync(join(folder, 'file'), {bigint: true}), before)
})

test('a file that is open for writing is cut even where its mode forbids it', async (t) => {
	const {client} = await share(t)
	await client.walk(0, 1)
	await client.create(1, 'file', {mode: 0o444})
	await client.write(1, 0, 'contents')
	await client.setattr(1, {size: 2})
	t.is((await client.getattr(1)).size, 2n)
	t.is((await client.getattr(1)).mode, 0o100444)
})

test("a file system's figures are the host's", async (t) => {
	const {client, folder} = await share(t)
	const got = await client.statfs(0)
	const host = statfsSync(folder, {bigint: true})
	t.is(BigInt(got.type), host.type)
	t.is(BigInt(got.blockSize), host.bsize)
	t.is(got.blocks, host.blocks)
	t.is(got.files, host.files)
	t.true(got.free > 0n && got.available > 0n && got.freeFiles > 0n)
	t.is(got.longestName, 255)
	writeFileSync(join(folder, 'file'), '')
	symlinkSync('nowhere', join(folder, 'link'))
	for (const name of ['file', 'link']) t.is((await client.statfs(await client.find(name))).blocks, host.blocks)
	await fails(t, client.statfs(9), 2)
})
