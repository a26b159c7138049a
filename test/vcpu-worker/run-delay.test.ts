import {once} from 'node:events'
import {writeFile} from 'node:fs/promises'
import {availableParallelism} from 'node:os'
import {Worker} from 'node:worker_threads'
import test from 'ava'
import {RunDelay} from '../../src/vcpu-worker/run-delay.ts'
import {temporaryFile} from '../main/boot/boot-files.ts'
import {longPatience, margin} from '../support/patience.ts'
import type {Seen} from './waiting-thread.ts'

const whereCounted = new RunDelay().available ? test : test.skip

whereCounted(
	'of threads that share too few cores one waits, and each counts its own times, which never fall',
	async (t) => {
		t.timeout(longPatience + margin)
		const threads = availableParallelism() + 1
		const shared = new SharedArrayBuffer(8)
		const workers = Array.from(
			{length: threads},
			() => new Worker(new URL('waiting-thread.ts', import.meta.url), {workerData: {shared, threads}}),
		)
		const all = (await Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0]))) as Seen[]
		for (const {thread, files, falls, ran} of all) {
			t.true(files.includes(`/proc/${thread}/schedstat`))
			t.is(falls, 0)
			t.true(ran > 0)
		}
		t.is(new Set(all.map(({thread}) => thread)).size, threads)
		t.true(all.some(({waited}) => waited > 0))
	},
)

test('both times are numbers of nanoseconds, as the file has them at each read', async (t) => {
	const path = await temporaryFile(t, '1234567890123 45 6\n', 'schedstat')
	const delay = new RunDelay(path)
	t.like(delay, {available: process.platform === 'linux', ran: 1_234_567_890_123, waited: 45})
	await writeFile(path, '1234567890124 9007199254740991 7\n')
	delay.read()
	t.like(delay, {ran: 1_234_567_890_124, waited: 2 ** 53 - 1})
})

for (const [title, text] of [
	['prints zeroes', '0 0 0\n'],
	['prints nothing', ''],
] as const)
	test(`a kernel that does not count, and ${title}, is noticed`, async (t) => {
		const delay = new RunDelay(await temporaryFile(t, text, 'schedstat'))
		t.like(delay, {available: false, ran: 0, waited: 0})
	})

test('a system without the file is noticed, and reads change nothing', (t) => {
	const delay = new RunDelay('/nowhere/schedstat')
	delay.read()
	t.like(delay, {available: false, ran: 0, waited: 0})
})
