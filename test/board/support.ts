/** Boards for tests, each in a shared memory of its own. */
import {Board, type BoardOptions, boardRegion} from '../../src/board/index.ts'
import {layOut, SharedMemory, VcpuBlocks, VcpuWords} from '../../src/memory/index.ts'

export type TestBoard = ReturnType<typeof createBoard>

export function createBoard({harts = 2, ...options}: {harts?: number} & Partial<BoardOptions> = {}) {
	const memory = SharedMemory.create(
		layOut([
			boardRegion(),
			{name: 'vcpu', size: harts * 4096, align: 4096},
			{name: 'ram', size: 1 << 20, align: 65_536},
		]),
	)
	return {...attachBoard(memory, {harts, ...options}), harts}
}

export function attachBoard(memory: SharedMemory, {harts, ...options}: {harts: number} & Partial<BoardOptions>) {
	const blocks = new VcpuBlocks(memory, harts)
	const board = new Board(memory, blocks, {now: () => 0, ...options})
	const word = (hart: number, field: 'doorbell' | 'pendingInterrupts') =>
		Atomics.load(memory.i32, (blocks.base(hart) + VcpuWords.offset[field]) >> 2)
	return {
		memory,
		blocks,
		board,
		pending: (hart: number) => word(hart, 'pendingInterrupts'),
		doorbell: (hart: number) => word(hart, 'doorbell'),
	}
}
