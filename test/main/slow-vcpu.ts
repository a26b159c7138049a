/** A vCPU's thread for tests: parks once the environment data `may park` lets it. */
import {getEnvironmentData, parentPort} from 'node:worker_threads'
import * as Comlink from 'comlink'
import {nodeEndpoint, type VcpuApi} from '../../src/vcpu-worker/index.ts'

const mayPark = getEnvironmentData('may park') as unknown as Int32Array<SharedArrayBuffer>

const api: VcpuApi = {
	reset: () => {},
	run: () => {
		// Below 0: minus the harts that run. Then 1; pairs with stopped-process.ts.
		Atomics.sub(mayPark, 0, 1)
		for (let word = Atomics.load(mayPark, 0); word !== 1; word = Atomics.load(mayPark, 0))
			Atomics.wait(mayPark, 0, word)
		parentPort!.postMessage('parked')
	},
}
Comlink.expose(api, nodeEndpoint(parentPort!))
