/** A vCPU's thread for tests: hart 1's dies or hangs in its first device lock, as environment data `death` says. */
import {getEnvironmentData, workerData} from 'node:worker_threads'
import {DeviceLock} from '../../src/board/index.ts'
import type {VcpuConfig} from '../../src/vcpu-worker/index.ts'

if ((workerData as VcpuConfig).vcpu === 1) {
	DeviceLock.prototype.release = () => {
		if (getEnvironmentData('death') === 'exit') process.exit(3)
		// No thread wakes it.
		if (getEnvironmentData('death') === 'hang') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
		throw new Error('no more releasing')
	}
}
await import('../../src/vcpu-worker/worker.ts')
