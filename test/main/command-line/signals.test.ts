import test from 'ava'
import {EndingSignals, SignalReceived} from '../../../src/main/command-line/signals.ts'

test.serial('the first signal aborts; another one ends the process, unless it comes at once, as through npm', (t) => {
	const {exit} = process
	const exits: unknown[] = []
	process.exit = ((code: number) => exits.push(code)) as never
	t.teardown(() => {
		process.exit = exit
	})
	let now = 1000
	using signals = new EndingSignals(undefined, () => now)
	process.emit('SIGINT', 'SIGINT')
	t.true(signals.signal.reason instanceof SignalReceived)
	t.is((signals.signal.reason as SignalReceived).exitCode, 130)
	process.emit('SIGINT', 'SIGINT')
	t.deepEqual(exits, [])
	now += 301
	process.emit('SIGTERM', 'SIGTERM')
	t.deepEqual(exits, [143])
})
