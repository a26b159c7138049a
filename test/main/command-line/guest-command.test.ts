import {once} from 'node:events'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {text} from 'node:stream/consumers'
import test from 'ava'
import {acquireFetchLock} from '../../../src/main/guests/fetch-lock.ts'
import {startManyhart} from '../manyhart-process.ts'

for (const ending of ['the other one ends', 'it is interrupted'] as const) {
	test(`removing a guest says that it waits for another process, until ${ending}`, async (t) => {
		const cache = await mkdtemp(join(tmpdir(), 'manyhart-cache-'))
		t.teardown(() => rm(cache, {recursive: true, force: true}))
		const lock = await acquireFetchLock({folder: join(cache, 'manyhart/guests')})
		const {child, ended} = startManyhart(t, ['guest', 'remove', 'debian'], {
			env: {...process.env, XDG_CACHE_HOME: cache},
		})
		const output = text(child.stdout!)
		const [line] = await once(child.stderr!, 'data')
		t.is(String(line), 'manyhart: debian: waiting for another process that fetches or removes a guest\n')
		if (ending === 'the other one ends') await lock[Symbol.asyncDispose]()
		else child.kill('SIGINT')
		t.is(await ended, ending === 'the other one ends' ? 0 : 130)
		t.is(await output, ending === 'the other one ends' ? 'debian was not fetched: nothing to remove\n' : '')
		if (ending === 'it is interrupted') await lock[Symbol.asyncDispose]()
	})
}
