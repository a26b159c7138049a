/** The clock of traces. */
import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import test from 'ava'
import {traceClock} from '../../src/trace/index.ts'

/** Microseconds: far more than two clocks differ by, far less than threads start apart. */
const tolerance = 100

test('it shows the time since its origin, in any thread', async (t) => {
	const origin = process.hrtime()
	const here = traceClock(origin)
	const since = () => {
		const [seconds, nanoseconds] = process.hrtime(origin)
		return seconds * 1e6 + nanoseconds / 1000
	}
	const before = since()
	const now = here()
	t.true(now >= before - tolerance && now <= since() + tolerance)
	// Another thread reads between two looks of this one, however long that takes.
	const module = new URL('../../src/trace/trace-clock.ts', import.meta.url).href
	const code = `import(${JSON.stringify(module)}).then(({traceClock}) => require('node:worker_threads').parentPort.postMessage(traceClock(${JSON.stringify(origin)})()))`
	const first = here()
	const worker = new Worker(code, {eval: true})
	const [there] = (await once(worker, 'message')) as [number]
	t.true(there >= first - tolerance && there <= here() + tolerance, `${first} ${there}`)
})

/** Microseconds: each thread knows the distance of its clock to half of 0.5. */
const apart = 0.5
const rounds = 300

test('clocks of two threads agree as well as each knows its own', async (t) => {
	const origin = process.hrtime()
	// The number of the latest question, and of the latest answer; the answer.
	const turns = new Int32Array(new SharedArrayBuffer(8))
	const answer = new Float64Array(new SharedArrayBuffer(8))
	const module = new URL('../../src/trace/trace-clock.ts', import.meta.url).href
	const code = `
		const {parentPort, workerData: {turns, answer, origin, rounds}} = require('node:worker_threads')
		import(${JSON.stringify(module)}).then(({traceClock}) => {
			const now = traceClock(origin)
			parentPort.postMessage('ready')
			for (let round = 1; round <= rounds; round++) {
				while (Atomics.load(turns, 0) !== round);
				answer[0] = now()
				Atomics.store(turns, 1, round)
			}
		})`
	const worker = new Worker(code, {eval: true, workerData: {turns, answer, origin, rounds}})
	await once(worker, 'message')
	const here = traceClock(origin)
	for (let round = 1; round <= rounds; round++) {
		const asked = here()
		Atomics.store(turns, 0, round)
		while (Atomics.load(turns, 1) !== round);
		const [there, answered] = [answer[0]!, here()]
		if (there < asked - apart || there > answered + apart) return t.fail(`${asked} ${there} ${answered}`)
	}
	t.pass()
})
