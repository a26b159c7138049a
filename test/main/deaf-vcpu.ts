/** A vCPU's thread for tests: never parks. */
import {parentPort, workerData} from 'node:worker_threads'
import * as Comlink from 'comlink'
import {Activity, ActivityNote} from '../../src/hart/index.ts'
import {SharedMemory, VcpuBlocks} from '../../src/memory/index.ts'
import {nodeEndpoint, type VcpuApi, type VcpuConfig} from '../../src/vcpu-worker/index.ts'

const {vcpu, harts, memory, map} = workerData as VcpuConfig
const shared = new SharedMemory(memory, map)

const api: VcpuApi = {
	reset: () => {},
	run: () => {
		new ActivityNote(shared, new VcpuBlocks(shared, harts).base(vcpu)).begin(Activity.guestCode)
		parentPort?.postMessage('deaf')
		for (;;);
	},
}
Comlink.expose(api, nodeEndpoint(parentPort!))
