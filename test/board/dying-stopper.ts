/** A hart's thread that stops the machine and dies after a given number of atomic operations. */
import {workerData} from 'node:worker_threads'
import {StopReason} from '../../src/board/index.ts'
import {type MemoryMap, SharedMemory} from '../../src/memory/index.ts'
import {attachBoard} from './support.ts'

const {memory, map, operations} = workerData as {memory: WebAssembly.Memory; map: MemoryMap; operations: number}
const {board} = attachBoard(new SharedMemory(memory, map), {harts: 3, hart: 1})

let left = operations
for (const name of ['compareExchange', 'exchange', 'store', 'or', 'notify'] as const) {
	const operation = Atomics[name] as (...operands: unknown[]) => unknown
	Object.assign(Atomics, {
		[name]: (...operands: unknown[]) => {
			const result = operation.apply(Atomics, operands)
			if (--left === 0) process.exit(3)
			return result
		},
	})
}
board.control.requestStop({reason: StopReason.exitCode, exitCode: 42, hart: 1})
process.exit(0)
