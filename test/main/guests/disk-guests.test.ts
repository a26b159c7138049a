import {mkdir, mkdtemp, readdir, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test from 'ava'
import {recordOf, recordPath} from '../../../src/main/guests/guest-record.ts'
import {listGuests, removeGuest, resolveGuest, withPackages} from '../../../src/main/guests/index.ts'

// All tests of this file share one process, and one cache folder, empty at first.
const cache = await mkdtemp(join(tmpdir(), 'manyhart-cache-'))
process.env.XDG_CACHE_HOME = cache
test.after.always(() => rm(cache, {recursive: true, force: true}))

const folder = join(cache, 'manyhart/guests/debian-full-13-1')
const layerFolder = `${folder}-with-gcc,git`

async function fetched(disk: string): Promise<void> {
	await mkdir(folder, {recursive: true})
	for (const name of ['kernel', 'initrd', disk]) await writeFile(join(folder, name), name)
	await writeFile(recordPath(folder), await recordOf(folder, ['kernel', 'initrd', disk], {disk}))
}

async function fetchedLayer(base: string): Promise<void> {
	await mkdir(layerFolder, {recursive: true})
	await writeFile(join(layerFolder, 'disk-b.qcow2'), 'layer')
	const about = {disk: 'disk-b.qcow2', base: join(folder, base)}
	await writeFile(recordPath(layerFolder), await recordOf(layerFolder, ['disk-b.qcow2'], about))
}

const states = async () =>
	(await listGuests()).filter(({name}) => name.startsWith('debian-full')).map(({name, state}) => [name, state])

test.serial('a guest with more packages has the same name for any order of them', (t) => {
	t.is(withPackages('debian-full', ['git', 'gcc', 'git']), 'debian-full:gcc,git')
	t.throws(() => withPackages('debian-full', ['gcc', '']), {message: 'Expected names of Debian packages, got none'})
	t.throws(() => withPackages('debian-full', ['../x']), {message: 'Expected names of Debian packages, got ../x'})
})

test.serial('all that follows the first colon of a name is packages', async (t) => {
	await t.throwsAsync(resolveGuest('debian-full:gcc:typo'), {
		message: 'Expected names of Debian packages, got gcc:typo',
	})
})

test.serial('a guest with more packages has its own disk, and the kernel of the one below', async (t) => {
	await fetched('disk-a.qcow2')
	await fetchedLayer('disk-a.qcow2')
	t.deepEqual(await states(), [
		['debian-full', 'ready'],
		['debian-full:gcc,git', 'ready'],
	])
	const parts = await resolveGuest('debian-full:git,gcc')
	t.is(parts.kernel, join(folder, 'kernel'))
	t.deepEqual(parts.drives, [{file: join(layerFolder, 'disk-b.qcow2'), format: 'qcow2', snapshot: true}])
	t.deepEqual(parts.networks, ['user'])
	t.regex(parts.append!, / root=\/dev\/vda rw /)
})

test.serial('a disk is damaged once the one below it is another', async (t) => {
	await rm(folder, {recursive: true})
	await fetched('disk-c.qcow2')
	t.deepEqual(await states(), [
		['debian-full', 'ready'],
		['debian-full:gcc,git', 'damaged'],
	])
	await t.throwsAsync(resolveGuest('debian-full:gcc,git'), {message: /fetch it again with: manyhart guest fetch/})
})

test.serial('removing a guest takes along what is on top of it, and what interrupted fetches have left', async (t) => {
	await mkdir(`${folder}.building/guest`, {recursive: true})
	await writeFile(join(`${folder}.building`, 'guest/disk'), Buffer.alloc(1000))
	const bytes = (await listGuests()).find(({name}) => name === 'debian-full')!.bytes
	t.true(bytes >= 1000)
	const removed = await removeGuest('debian-full')
	t.is(removed.folder, folder)
	t.true(removed.bytes > bytes)
	t.deepEqual(removed.layers, ['debian-full:gcc,git'])
	t.deepEqual(await readdir(join(cache, 'manyhart/guests')), [])
	t.deepEqual(await states(), [['debian-full', 'not fetched']])
})

test.serial('only an interrupted fetch of more packages is told of, too', async (t) => {
	await mkdir(`${layerFolder}.building`, {recursive: true})
	t.deepEqual(await states(), [
		['debian-full', 'not fetched'],
		['debian-full:gcc,git', 'begun'],
	])
	await t.throwsAsync(resolveGuest('debian-full:gcc,git'), {message: /got a part; go on with: manyhart guest fetch/})
	t.deepEqual((await removeGuest('debian-full:git,gcc')).layers, [])
	t.deepEqual(await states(), [['debian-full', 'not fetched']])
	for (const name of ['debian:gcc', 'debian-full:', 'debian-full:Gcc'])
		await t.throwsAsync(resolveGuest(name), {name: 'UserError'})
})
