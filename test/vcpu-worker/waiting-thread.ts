/** One of several threads that need a core each: all compute until one of them has waited for its own. */
import {readdirSync, readlinkSync} from 'node:fs'
import {parentPort, workerData} from 'node:worker_threads'
import {RunDelay} from '../../src/vcpu-worker/run-delay.ts'

/** Of run(): what a thread saw. Nanoseconds. */
export type Seen = Readonly<{thread: string; files: readonly string[]; waited: number; ran: number; falls: number}>

/** Words: threads that have begun; whether one has waited. */
const words = new Int32Array(workerData.shared as SharedArrayBuffer)
const threads = workerData.threads as number

const delay = new RunDelay()
const files = readdirSync('/proc/self/fd').flatMap((file) => {
	try {
		return [readlinkSync(`/proc/self/fd/${file}`)]
	} catch {
		return []
	}
})
// Orders nothing: the number only says that all compute.
Atomics.add(words, 0, 1)
while (Atomics.load(words, 0) < threads) delay.read()
const [waited, ran] = [delay.waited, delay.ran]
let falls = 0
// Orders nothing, as above.
while (Atomics.load(words, 1) === 0 || delay.ran === ran) {
	const before = [delay.waited, delay.ran] as const
	delay.read()
	if (delay.waited < before[0] || delay.ran < before[1]) falls++
	if (delay.waited > waited) Atomics.store(words, 1, 1)
}
const seen: Seen = {
	thread: readlinkSync('/proc/thread-self'),
	files,
	waited: delay.waited - waited,
	ran: delay.ran - ran,
	falls,
}
parentPort?.postMessage(seen)
