/** A vCPU's thread for tests: never parks. */
import {parentPort} from 'node:worker_threads'
import * as Comlink from 'comlink'
import {nodeEndpoint, type VcpuApi} from '../../src/vcpu-worker/index.ts'

const api: VcpuApi = {
	reset: () => {},
	run: () => {
		parentPort?.postMessage('deaf')
		for (;;);
	},
}
Comlink.expose(api, nodeEndpoint(parentPort!))
