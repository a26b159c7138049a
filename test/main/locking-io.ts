/** An I/O worker for tests that acquires the lock of a device again and again, until whoever holds it has died. */
import {parentPort, workerData} from 'node:worker_threads'
import * as Comlink from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import {Board} from '../../src/board/index.ts'
import type {IoApi, IoConfig} from '../../src/io/index.ts'
import {SharedMemory, VcpuBlocks} from '../../src/memory/index.ts'

const {memory, map, harts, worker, served} = workerData as IoConfig
const shared = new SharedMemory(memory, map)
const board = new Board(shared, new VcpuBlocks(shared, harts), {now: () => 0, worker, served})
const api: IoApi = {
	open: async () => ({forwards: []}),
	resizeBalloon: async () => {},
	run: async () => {
		for (;;) board.rtc.lock.run(() => {})
	},
}
Comlink.expose(api, nodeEndpoint(parentPort!))
