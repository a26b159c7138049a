/** Measures flushes in threads of their own, so that every case begins with fresh machine code. */
import {readFile} from 'node:fs/promises'
import {Worker} from 'node:worker_threads'
import {expected} from '../../../errors.ts'
import {benchFile} from '../../files.ts'
import type {CostCase, FlushCost} from './cost-case.ts'
import type {FlushThreadData} from './flush-thread.ts'

export async function compileHartCore(): Promise<WebAssembly.Module> {
	const bytes = await readFile(benchFile('hartCore')).catch(({message}: Error) => {
		throw expected('hart.wasm beside the program', message)
	})
	return await WebAssembly.compile(bytes)
}

/** @throws what the thread throws; the signal's reason when that aborts. */
export async function measureCost(
	of: CostCase,
	{hartCore, signal}: Readonly<{hartCore: WebAssembly.Module; signal: AbortSignal}>,
): Promise<readonly FlushCost[]> {
	signal.throwIfAborted()
	const workerData: FlushThreadData = {role: 'flusher', hartCore, of}
	const worker = new Worker(benchFile('flushThread'), {workerData, execArgv: []})
	const {promise, resolve, reject} = Promise.withResolvers<readonly FlushCost[]>()
	const abort = () => reject(signal.reason)
	signal.addEventListener('abort', abort)
	worker.once('message', resolve)
	worker.once('error', reject)
	worker.once('exit', (code) => reject(new Error(`the flushing thread ended with code ${code}`)))
	try {
		return await promise
	} finally {
		signal.removeEventListener('abort', abort)
		await worker.terminate()
	}
}
