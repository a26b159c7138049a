/** The entry of a helper's worker thread. The main thread calls it through Comlink. */
import {parentPort, workerData} from 'node:worker_threads'
import * as Comlink from 'comlink'
import {assert} from '../errors.ts'
import {nodeEndpoint} from '../vcpu-worker/index.ts'
import {createHelper, type HelperConfig} from './helper.ts'

assert(parentPort, 'a helper runs in a worker thread')
Comlink.expose(createHelper(workerData as HelperConfig), nodeEndpoint(parentPort))
