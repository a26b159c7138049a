import {mock} from 'node:test'
import test from 'ava'
import {afterRunning} from '../../src/main/running-time.ts'

test.serial.beforeEach(() => mock.timers.enable({apis: ['setTimeout']}))
test.serial.afterEach(() => mock.timers.reset())

test.serial('a timer runs out once its time has passed, and once only', (t) => {
	let times = 0
	using _timer = afterRunning(1000, () => times++)
	for (let ms = 0; ms < 999; ms++) mock.timers.tick(1)
	t.is(times, 0)
	mock.timers.tick(1)
	t.is(times, 1)
	mock.timers.tick(5000)
	t.is(times, 1)
})

test.serial('a timer that is cancelled never runs out', (t) => {
	const timer = afterRunning(1000, () => t.fail())
	mock.timers.tick(500)
	timer[Symbol.dispose]()
	mock.timers.tick(5000)
	t.pass()
})
