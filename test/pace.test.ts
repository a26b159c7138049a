import test from 'ava'
import {Pace} from '../src/pace.ts'

/** A storage whose calls take so long, in order. @returns where each was made: `.` here, `p` on the pool. */
function places(pace: (now: () => number) => Pace, milliseconds: readonly number[]): string {
	let time = 0
	const made = pace(() => time)
	return milliseconds
		.map((takes) => {
			if (!made.inline()) return 'p'
			made.timed(() => {
				time += takes
			})
			return '.'
		})
		.join('')
}

const adaptive = (now: () => number) => new Pace('adaptive', now)

test('quick calls are made on the calling thread', (t) => {
	t.is(places(adaptive, [0, 1, 0.5, 1.9]), '....')
})

test('after a slow call the next go to the pool, and more of them each time that the storage is still slow', (t) => {
	const slow = Array.from({length: 40}, () => 10)
	t.is(places(adaptive, slow), `.${'p'.repeat(4)}.${'p'.repeat(8)}.${'p'.repeat(16)}.${'p'.repeat(8)}`)
})

test('however slow the storage is, it is looked at again after 256 calls', (t) => {
	const slow = places(
		adaptive,
		Array.from({length: 2000}, () => 10),
	)
	t.is(Math.max(...slow.split('.').map((run) => run.length)), 256)
})

test('one quick call ends it', (t) => {
	const calls = [10, 10, 10, 10, 10, 10, ...Array.from({length: 8}, () => 0), 1, 10, 0, 0, 0, 0, 0]
	t.is(places(adaptive, calls), `.pppp.${'p'.repeat(8)}..pppp.`)
})

for (const [waiting, place] of [
	['own-thread', '.'],
	['pool', 'p'],
] as const)
	test(`who asks for ${waiting} gets it, however long calls take`, (t) => {
		t.is(
			places((now) => new Pace(waiting, now), [10, 0, 10]),
			place.repeat(3),
		)
	})
