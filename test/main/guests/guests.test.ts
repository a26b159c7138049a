import {createHash} from 'node:crypto'
import {mkdir, mkdtemp, readdir, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test from 'ava'
import {recordOf, recordPath} from '../../../src/main/guests/guest-record.ts'
import {fetchGuest, listGuests, removeGuest, resolveGuest} from '../../../src/main/guests/index.ts'
import {guestBinary} from '../../guests/guests.ts'

// All tests of this file share one process, and one cache folder, empty at first.
const cache = await mkdtemp(join(tmpdir(), 'manyhart-cache-'))
process.env.XDG_CACHE_HOME = cache
test.after.always(() => rm(cache, {recursive: true, force: true}))

test.serial('smp-demo is ready everywhere, Debian guests after their fetch only', async (t) => {
	const states = (await listGuests()).map(({name, state, ready}) => [name, state, ready])
	t.deepEqual(states, [
		['debian', 'not fetched', false],
		['debian-stress', 'not fetched', false],
		['debian-full', 'not fetched', false],
		['smp-demo', 'ready', true],
	])
	t.is((await resolveGuest('smp-demo')).kernel, guestBinary('smp-demo'))
	await fetchGuest('smp-demo')
})

test.serial('names that are unknown, not fetched or built in are told in one line', async (t) => {
	const unknown = {
		name: 'UserError',
		message: 'Expected a guest (debian, debian-stress, debian-full, smp-demo), got plan9',
	}
	await t.throwsAsync(resolveGuest('plan9'), unknown)
	await t.throwsAsync(fetchGuest('plan9'), unknown)
	await t.throwsAsync(removeGuest('plan9'), unknown)
	await t.throwsAsync(resolveGuest('debian'), {name: 'UserError', message: /manyhart guest fetch debian$/})
	await t.throwsAsync(removeGuest('smp-demo'), {name: 'UserError', message: /built in$/})
})

test.serial('a machine without apt says what it lacks', async (t) => {
	const {PATH} = process.env
	process.env.PATH = join(cache, 'no-tools')
	try {
		await t.throwsAsync(fetchGuest('debian'), {
			name: 'UserError',
			message: /^Expected apt-get on this machine.*use the guest smp-demo$/,
		})
	} finally {
		process.env.PATH = PATH
	}
})

test.serial('an aborted fetch rejects with the reason and leaves no guest', async (t) => {
	const reason = new Error('enough')
	await t.throwsAsync(fetchGuest('debian', {signal: AbortSignal.abort(reason)}), {is: reason})
	t.deepEqual(await readdir(join(cache, 'manyhart/guests')), [])
})

test.serial('with a guest go the drafts of its fetches that were killed, and no others', async (t) => {
	const folder = join(cache, 'manyhart/guests')
	for (const draft of ['debian-13-4.draft-1', 'debian-stress-13-4.draft-2'])
		await mkdir(join(folder, draft, 'unpacked'), {recursive: true})
	await writeFile(join(folder, 'debian-13-4.draft-1/unpacked/file'), 'some')
	t.is((await removeGuest('debian')).bytes, 4)
	t.deepEqual(await readdir(folder), ['debian-stress-13-4.draft-2'])
	await removeGuest('debian-stress')
	t.deepEqual(await readdir(folder), [])
})

test.serial('removing a guest that is not there is no mistake', async (t) => {
	t.deepEqual(await removeGuest('debian'), {folder: undefined, bytes: 0, layers: []})
})

const debian = async () => (await listGuests()).find(({name}) => name === 'debian')!

/** Makes the files of a fetched guest, with their record. */
async function fetched(): Promise<string> {
	const folder = join(cache, 'manyhart/guests/debian-13-4')
	await mkdir(folder, {recursive: true})
	await writeFile(join(folder, 'kernel'), 'kernel')
	await writeFile(join(folder, 'initrd'), 'initrd')
	await writeFile(recordPath(folder), await recordOf(folder, ['kernel', 'initrd'], {suite: 'trixie'}))
	return folder
}

test.serial('a fetched guest is ready while its files are those that were fetched', async (t) => {
	const folder = await fetched()
	const sha256 = createHash('sha256').update('kernel').digest('hex')
	const {files, ...info} = await debian()
	t.like(info, {state: 'ready', ready: true, bytes: 12})
	t.deepEqual(files[0], {path: join(folder, 'kernel'), sha256})
	await fetchGuest('debian')
	t.is((await resolveGuest('debian')).kernel, join(folder, 'kernel'))
	// The same size: only the hash tells.
	await writeFile(join(folder, 'kernel'), 'kermel')
	t.like(await debian(), {state: 'damaged', ready: false})
	await writeFile(join(folder, 'kernel'), 'ker')
	await t.throwsAsync(resolveGuest('debian'), {
		name: 'UserError',
		message:
			'Expected the files of debian that were fetched, got others; fetch it again with: manyhart guest fetch debian',
	})
	await rm(recordPath(folder))
	t.like(await debian(), {state: 'damaged'})
})

test.serial('removing a guest tells what was there', async (t) => {
	const folder = await fetched()
	const {size} = await stat(recordPath(folder))
	t.deepEqual(await removeGuest('debian'), {folder, bytes: 12 + size, layers: []})
	t.like(await debian(), {state: 'not fetched', files: []})
})

test.serial('Debian’s kernel prints from the start, at an early console, and receives with flow control', async (t) => {
	await fetched()
	t.is((await resolveGuest('debian')).append, 'earlycon console=ttyS0,115200n8r')
	await removeGuest('debian')
})
