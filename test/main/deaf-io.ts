/** An I/O worker for tests that never ends. */
import {parentPort} from 'node:worker_threads'
import * as Comlink from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import type {IoApi} from '../../src/io/index.ts'

const api: IoApi = {
	open: async () => ({forwards: []}),
	resizeBalloon: async () => {},
	run: () => new Promise(() => {}),
}
Comlink.expose(api, nodeEndpoint(parentPort!))
