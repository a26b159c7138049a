import test from 'ava'
import {serialBoard} from '../../src/vcpu-worker/index.ts'

const config = {seed: 9, style: 'run', capacity: 0} as const

test('in serial mode the real-time clock goes on with the virtual clock, from the same day each time', (t) => {
	let ticks = 0
	const {wallTime} = serialBoard(config, 0, () => ticks)
	t.is(new Date(wallTime!()).toISOString(), '2026-01-01T00:00:00.000Z')
	ticks = 25_000_000
	t.is(new Date(wallTime!()).toISOString(), '2026-01-01T00:00:02.500Z')
})

test('random bytes are drawn from the seed, others for each thread, and others each time', (t) => {
	const bytes = (stream: number): readonly string[] => {
		const {fillRandom} = serialBoard(config, stream, () => 0)
		return Array.from({length: 2}, () => {
			const array = new Uint8Array(16)
			fillRandom!(array)
			return Buffer.from(array).toString('hex')
		})
	}
	const [first, second] = bytes(0)
	t.not(first, second)
	t.deepEqual(bytes(0), [first, second])
	t.false(bytes(1).includes(first!))
})
