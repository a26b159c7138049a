/** A helper thread for tests: clears tables, and fails to translate. */
import {parentPort, workerData} from 'node:worker_threads'
import * as Comlink from 'comlink'
import {createHelper, type HelperConfig} from '../../src/main/helper.ts'
import {nodeEndpoint} from '../../src/vcpu-worker/index.ts'

function translateRegions(): never {
	throw new Error('no more translating')
}
Comlink.expose({...createHelper(workerData as HelperConfig), translateRegions}, nodeEndpoint(parentPort!))
