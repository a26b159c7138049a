import test from 'ava'
import {ticksSince, timebaseHertz} from '../../src/board/index.ts'

test('ticks count from the origin at the timebase and never go back', (t) => {
	const [seconds, nanoseconds] = process.hrtime()
	const now = ticksSince([seconds - 2, nanoseconds])
	let last = now()
	t.true(last >= 2 * timebaseHertz && last < 12 * timebaseHertz)
	for (let sample = 0; sample < 1000; sample++) {
		const tick = now()
		t.true(Number.isInteger(tick) && tick >= last)
		last = tick
	}
})
