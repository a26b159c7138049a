import {mkdir, mkdtemp, readdir, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test from 'ava'
import {fetchGuest, listGuests, removeGuest, resolveGuest} from '../../../src/main/guests/index.ts'
import {guestBinary} from '../../guests/guests.ts'

// All tests of this file share one process, and one cache folder, empty at first.
const cache = await mkdtemp(join(tmpdir(), 'manyhart-cache-'))
process.env.XDG_CACHE_HOME = cache
test.after.always(() => rm(cache, {recursive: true, force: true}))

test.serial('smp-demo is ready everywhere, Debian guests after their fetch only', async (t) => {
	const ready = (await listGuests()).map((guest) => [guest.name, guest.ready])
	t.deepEqual(ready, [
		['debian', false],
		['debian-stress', false],
		['smp-demo', true],
	])
	t.is((await resolveGuest('smp-demo')).kernel, guestBinary('smp-demo'))
	await fetchGuest('smp-demo')
})

test.serial('names that are unknown, not fetched or built in are told in one line', async (t) => {
	const unknown = {name: 'UserError', message: 'Expected a guest (debian, debian-stress, smp-demo), got plan9'}
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
			message: /^Expected apt-get on this machine.*use --guest smp-demo$/,
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

test.serial('removing a guest that is not there is no mistake', async (t) => {
	await t.notThrowsAsync(removeGuest('debian'))
})

test.serial('Debian’s kernel gets an early console, at which it prints from the start', async (t) => {
	const folder = join(cache, 'manyhart/guests/debian-13-1')
	await mkdir(folder, {recursive: true})
	t.teardown(() => rm(folder, {recursive: true}))
	for (const name of ['kernel', 'initrd']) await writeFile(join(folder, name), 'x')
	t.is((await resolveGuest('debian')).append, 'earlycon console=ttyS0')
})
