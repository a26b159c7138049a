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
