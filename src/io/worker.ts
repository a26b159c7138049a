/** The entry of the I/O worker's thread. The main thread calls it through Comlink. */
import {parentPort, workerData} from 'node:worker_threads'
import * as Comlink from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import {assert, isUserError} from '../errors.ts'
import type {IoApi, IoConfig} from './io-config.ts'
import {createIoService} from './io-service.ts'

assert(parentPort, 'the I/O worker runs in a worker thread')
const service = createIoService(workerData as IoConfig)
// run() tells of it.
service.catch(() => {})
const api: IoApi = {
	open: async () => {
		try {
			return await (await service).open()
		} catch (error) {
			if (isUserError(error)) return {forwards: [], mistake: error.message}
			throw error
		}
	},
	resizeBalloon: async (pages) => (await service).resizeBalloon(pages),
	run: async () => (await service).run(),
}
Comlink.expose(api, nodeEndpoint(parentPort))
