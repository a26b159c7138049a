/** A vCPU's thread for tests: hart 0 begins a grace period, and hart 1 never passes a quiescent state. */
import {parentPort, workerData} from 'node:worker_threads'
import * as Comlink from 'comlink'
import {Activity, ActivityNote} from '../../src/hart/index.ts'
import {SharedMemory, VcpuBlocks} from '../../src/memory/index.ts'
import {Rcu} from '../../src/rcu/index.ts'
import {nodeEndpoint, type VcpuApi, type VcpuConfig} from '../../src/vcpu-worker/index.ts'
import {isOnline} from '../support/rcu.ts'

const {vcpu, harts, memory, map} = workerData as VcpuConfig
const shared = new SharedMemory(memory, map)
const blocks = new VcpuBlocks(shared, harts)
const rcu = new Rcu(shared, harts)

const api: VcpuApi = {
	reset: () => {},
	run: () => {
		const reader = rcu.reader(vcpu)
		new ActivityNote(shared, blocks.base(vcpu)).begin(Activity.sbiCall)
		if (vcpu === 1) reader.online()
		else {
			const pause = new Int32Array(new SharedArrayBuffer(4))
			while (!isOnline(rcu, 1)) Atomics.wait(pause, 0, 0, 1)
			rcu.startPoll()
		}
		// Sleeps until a bell rings. Pairs with VcpuBlocks.ring().
		while (blocks.takeDoorbell(vcpu) === 0) blocks.sleepOnDoorbell(vcpu, Number.POSITIVE_INFINITY)
		reader.offline()
	},
}
Comlink.expose(api, nodeEndpoint(parentPort!))
