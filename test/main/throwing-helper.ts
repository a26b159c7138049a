/** A helper thread for tests: its jobs fail. */
import {parentPort} from 'node:worker_threads'
import * as Comlink from 'comlink'
import {nodeEndpoint} from '../../src/vcpu-worker/index.ts'

function clearTables(): never {
	throw new Error('no more clearing')
}
Comlink.expose({clearTables}, nodeEndpoint(parentPort!))
