/** A helper thread for tests: exits or hangs in its first job, as environment data `failure` says. */
import {getEnvironmentData, parentPort} from 'node:worker_threads'
import * as Comlink from 'comlink'
import {nodeEndpoint} from '../../src/vcpu-worker/index.ts'

function clearTables(): void {
	if (getEnvironmentData('failure') === 'exit') process.exit(3)
	for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}
Comlink.expose({clearTables}, nodeEndpoint(parentPort!))
