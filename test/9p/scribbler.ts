/** A thread that keeps changing a request while the server reads it. */
import {workerData} from 'node:worker_threads'
import {Random} from '../hart/core/float-operands.ts'

const {request, stop, seed} = workerData as {request: Uint8Array; stop: Int32Array; seed: number}
const random = new Random(seed)

// Acquire: ordered before the end of the thread. Pairs with the test's store of 1.
while (Atomics.load(stop, 0) === 0) {
	// Plain: it is the race that is wanted.
	const at = random.below(request.length)
	const before = request[at]!
	request[at] = random.below(256)
	for (let wait = random.below(50); wait > 0; wait--) random.word()
	request[at] = before
}
