/** A vCPU's thread for tests: dies of an uncaught error, at the point that environment data `during` names. */
import {getEnvironmentData, parentPort} from 'node:worker_threads'
import * as Comlink from 'comlink'
import {nodeEndpoint, type VcpuApi} from '../../src/vcpu-worker/index.ts'

const fail = () => {
	throw new Error('nobody catches this')
}
const never = () => new Promise<void>(() => {})
const during = getEnvironmentData('during')

const api: Record<keyof VcpuApi, () => unknown> = {
	reset: () => {
		if (during !== 'reset') return
		setImmediate(fail)
		return never()
	},
	run: () => {
		if (during === 'run') setImmediate(fail)
		return never()
	},
}
Comlink.expose(api, nodeEndpoint(parentPort!))
if (during === 'start') fail()
