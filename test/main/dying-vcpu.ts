/** A vCPU thread whose hart 1 dies, or hangs, inside the first device's lock that it takes, for tests. What it dies of is in the environment data `death`. */
import {getEnvironmentData, parentPort, workerData} from 'node:worker_threads'
import {DeviceLock} from '../../src/board/index.ts'
import type {VcpuConfig} from '../../src/vcpu-worker/index.ts'

if ((workerData as VcpuConfig).vcpu === 1) {
	DeviceLock.prototype.release = () => {
		parentPort?.postMessage({diedAt: performance.timeOrigin + performance.now()})
		if (getEnvironmentData('death') === 'exit') process.exit(3)
		// Nobody wakes it.
		if (getEnvironmentData('death') === 'hang') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
		throw new Error('no more releasing')
	}
}
await import('../../src/vcpu-worker/worker.ts')
