/**
 * A process that its test stops and continues: `fences` runs a guest whose harts fence one another, `parks` a machine whose
 * harts are slow to park, `timer` no machine. It tells the test when to stop it, and afterwards what has become of it.
 */
import {setEnvironmentData} from 'node:worker_threads'
import {threadEntries} from '../../src/main/artifacts.ts'
import {heartbeat} from '../../src/main/heartbeat.ts'
import {Machine} from '../../src/main/index.ts'
import {afterRunning} from '../../src/main/running-time.ts'
import {mebibyte, newWorkers, until} from './test-machine.ts'

const [what, kernel = ''] = process.argv.slice(2)
const continued = new Promise<void>((resolve) => process.on('message', () => resolve()))
const say = (message: unknown) => process.send!(message)
const create = (smp: number) => Machine.create({smp, memory: 64 * mebibyte, kernel})

const modes: Record<string, () => Promise<void>> = {
	fences: async () => {
		await using machine = await create(4)
		const running = machine.run()
		const fences = () => machine.statistics().tlbPool.remoteFlushes.count
		await until(() => fences() > 10, 'fences are under way')
		say('stop me')
		await continued
		const before = fences()
		await until(() => fences() > before + 10, 'fences go on')
		const {stalls} = machine.statistics().rcu
		machine.stop()
		say({outcome: await running, stalls})
	},
	parks: async () => {
		const mayPark = new Int32Array(new SharedArrayBuffer(4))
		setEnvironmentData('may park', mayPark)
		Object.assign(threadEntries, {vcpu: new URL('slow-vcpu.ts', import.meta.url)})
		let parked = 0
		let beats = 0
		const {start} = heartbeat
		heartbeat.start = (beat) =>
			start(() => {
				beats += 1
				beat()
			})
		newWorkers()
		await using machine = await create(2)
		for (const worker of newWorkers()) worker.on('message', (message) => void (message === 'parked' && parked++))
		const running = machine.run()
		await until(() => Atomics.load(mayPark, 0) === -2, 'both harts run')
		machine.stop()
		const before = beats
		await until(() => beats > before, 'the stop has been seen at a heartbeat')
		say('stop me')
		await continued
		Atomics.store(mayPark, 0, 1)
		Atomics.notify(mayPark, 0)
		say({outcome: await running, parked})
	},
	timer: async () => {
		const began = performance.now()
		const {promise, resolve} = Promise.withResolvers<void>()
		using _timer = afterRunning(4000, resolve)
		say('stop me')
		await promise
		say({milliseconds: performance.now() - began})
	},
}
await modes[what ?? '']?.()
process.disconnect!()
