import {setTimeout as delay} from 'node:timers/promises'
import test from 'ava'
import {runGuest} from '../../src/stress/guest-run.ts'
import type {RunOptions} from '../../src/stress/run.ts'
import {patience} from '../support/patience.ts'

const options: RunOptions = {
	harts: 2,
	seconds: patience / 1000,
	iterations: undefined,
	seed: Date.now() % 1_000_000,
	translation: {},
	fault: undefined,
	signal: new AbortController().signal,
	onProgress: () => {},
}

test.serial('pages that the host remaps without a fence are noticed', async (t) => {
	const {violation} = await runGuest('flush', options, () => delay(1))
	t.regex(violation.join('\n'), /a load got 0x[\da-f]+ from page \d of the host at 0x/)
})

test.serial('the host remaps pages of its own and fences all harts, while these do the same', async (t) => {
	let fences = 0
	const {violation} = await runGuest('flush', {...options, iterations: 1500}, async (host, what, signal) => {
		await host.fence(what, signal)
		fences++
	})
	t.deepEqual(violation, [])
	t.true(fences > 5, `${fences} fences`)
})
