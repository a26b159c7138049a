/** A thread that prints one byte many times: half through the registers, half as SBI does. */
import {workerData} from 'node:worker_threads'
import {boardMap} from '../../src/board/index.ts'
import {type MemoryMap, SharedMemory} from '../../src/memory/index.ts'
import {attachBoard} from './support.ts'

const {memory, map, byte, hart, count} = workerData as {
	memory: WebAssembly.Memory
	map: MemoryMap
	byte: number
	hart: number
	count: number
}
const {board} = attachBoard(new SharedMemory(memory, map), {harts: 2, hart})
const {base} = boardMap.uart

for (let left = count / 2; left > 0; left--) {
	while (!(board.bus.read(base + 5, 1) & 0x20)) board.uart.waitForRoom(1)
	board.bus.write(base, 1, byte)
}
for (let left = count / 2; left > 0; ) {
	const put = board.uart.putConsole(new Uint8Array(Math.min(left, 1000)).fill(byte))
	if (put === 0) board.uart.waitForRoom(10)
	left -= put
}
