/** A thread that serves the board's disks while others attack it, an epoch at a time. */
import {parentPort, workerData} from 'node:worker_threads'
import type {IoConfig} from '../../src/io/index.ts'
import {createIoService} from '../../src/io/io-service.ts'

// What a guest gets as an error is said in each epoch anew.
console.error = () => {}

parentPort?.on('message', async () => {
	// The bell `stop` ends it.
	const service = await createIoService(workerData as IoConfig)
	parentPort?.postMessage('serves')
	await service.run()
	parentPort?.postMessage('has ended')
})
