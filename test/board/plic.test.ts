import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import test from 'ava'
import {boardMap} from '../../src/board/index.ts'
import {Mip} from '../../src/memory/index.ts'
import {patience} from '../support/patience.ts'
import {createBoard, type TestBoard} from './support.ts'

const {base} = boardMap.plic
const enable = (context: number) => base + 0x2000 + context * 0x80
const threshold = (context: number) => base + 0x20_0000 + context * 0x1000
const claim = (context: number) => threshold(context) + 4
const supervisor = (hart: number) => hart * 2 + 1

function enableSources({board}: TestBoard, {context, sources}: {context: number; sources: readonly number[]}): void {
	for (const irq of sources) {
		board.bus.write(base + irq * 4, 4, 1)
		const word = enable(context) + (irq >> 5) * 4
		board.bus.write(word, 4, board.bus.read(word, 4) | (1 << (irq & 31)))
	}
}

test('a source interrupts the contexts that enabled it, until it is claimed', (t) => {
	const machine = createBoard()
	const {board, pending} = machine
	enableSources(machine, {context: supervisor(1), sources: [10]})
	enableSources(machine, {context: 0, sources: [10]})
	board.plic.setLevel(10, 1)
	t.is(pending(1), Mip.SEIP)
	t.is(pending(0), Mip.MEIP)
	t.is(board.bus.read(base + 0x1000, 4), 1 << 10)
	t.is(board.bus.read(claim(supervisor(1)), 4), 10)
	t.is(pending(1), 0)
	t.is(pending(0), 0)
	t.is(board.bus.read(base + 0x1000, 4), 0)
	t.is(board.bus.read(claim(0), 4), 0)
})

test('each event interrupts once: a line that merely stays high does not interrupt again after completion', (t) => {
	const machine = createBoard()
	const {board, pending} = machine
	enableSources(machine, {context: supervisor(0), sources: [96]})
	const claimNext = () => board.bus.read(claim(supervisor(0)), 4)
	const complete = () => board.bus.write(claim(supervisor(0)), 4, 96)
	board.plic.setLevel(96, 1)
	board.plic.setLevel(96, 1)
	t.is(claimNext(), 96)
	complete()
	t.is(pending(0), 0)
	t.is(claimNext(), 0)
	board.plic.setLevel(96, 1)
	t.is(pending(0), Mip.SEIP)
	t.is(claimNext(), 96)
	complete()
	t.is(pending(0), 0)
})

test('an event between claim and completion interrupts after the completion, unless the line falls first', (t) => {
	const machine = createBoard()
	const {board, pending} = machine
	enableSources(machine, {context: supervisor(0), sources: [96]})
	const claimNext = () => board.bus.read(claim(supervisor(0)), 4)
	const complete = () => board.bus.write(claim(supervisor(0)), 4, 96)
	board.plic.setLevel(96, 1)
	t.is(claimNext(), 96)
	board.plic.setLevel(96, 1)
	t.is(pending(0), 0)
	t.is(board.bus.read(base + 0x100c, 4), 1)
	t.is(claimNext(), 0)
	complete()
	t.is(pending(0), Mip.SEIP)
	t.is(claimNext(), 96)
	board.plic.setLevel(96, 1)
	board.plic.setLevel(96, 0)
	complete()
	t.is(pending(0), 0)
	t.is(claimNext(), 0)
})

test('the highest priority is claimed first, then the lowest number', (t) => {
	const machine = createBoard()
	const {board} = machine
	enableSources(machine, {context: supervisor(0), sources: [31, 32, 40, 3]})
	board.bus.write(base + 40 * 4, 4, 7)
	for (const irq of [40, 32, 31, 3]) board.plic.setLevel(irq, 1)
	const claimed = Array.from({length: 5}, () => board.bus.read(claim(supervisor(0)), 4))
	t.deepEqual(claimed, [40, 3, 31, 32, 0])
})

test('a threshold masks the interrupt and not the claim; priority 0 never interrupts', (t) => {
	const machine = createBoard()
	const {board, pending} = machine
	enableSources(machine, {context: supervisor(0), sources: [5]})
	board.bus.write(threshold(supervisor(0)), 4, 1)
	board.plic.setLevel(5, 1)
	t.is(pending(0), 0)
	board.bus.write(threshold(supervisor(0)), 4, 0)
	t.is(pending(0), Mip.SEIP)
	board.bus.write(base + 5 * 4, 4, 0)
	t.is(pending(0), 0)
	t.is(board.bus.read(claim(supervisor(0)), 4), 0)
	board.bus.write(base + 5 * 4, 4, 2)
	board.bus.write(threshold(supervisor(0)), 4, 7)
	t.is(board.bus.read(claim(supervisor(0)), 4), 5)
})

test('a completion by a context that did not enable the source is ignored', (t) => {
	const machine = createBoard()
	const {board} = machine
	enableSources(machine, {context: supervisor(0), sources: [5]})
	board.plic.setLevel(5, 1)
	t.is(board.bus.read(claim(supervisor(0)), 4), 5)
	board.bus.write(claim(supervisor(1)), 4, 5)
	t.is(board.bus.read(claim(supervisor(0)), 4), 0)
})

test('registers of sources and contexts that do not exist read 0', (t) => {
	const {board} = createBoard()
	board.bus.write(base, 4, 7)
	t.is(board.bus.read(base, 4), 0)
	board.bus.write(base + 97 * 4, 4, 7)
	t.is(board.bus.read(base + 97 * 4, 4), 0)
	board.bus.write(enable(0), 4, 0xffff_ffff)
	t.is(board.bus.read(enable(0), 4), 0xffff_fffe)
	board.bus.write(enable(4), 4, 0xffff_ffff)
	t.is(board.bus.read(enable(4), 4), 0)
	board.bus.write(threshold(0), 4, 0xff)
	t.is(board.bus.read(threshold(0), 4), 7)
})

test('two threads that race for claims never hold the same source, and every interrupt is served once', async (t) => {
	const sources = [1, 2, 3, 33, 64, 96]
	const rounds = 1500
	// The thread that raises the lines acts as a hart: the main thread must not wait for the PLIC's lock.
	const machine = createBoard({hart: 2})
	const {memory, board} = machine
	for (const hart of [0, 1]) enableSources(machine, {context: supervisor(hart), sources})
	// Words in RAM. From 0: the holder of each source. From 128: how often it was served. 300: stop. 301: violations.
	const words = new Int32Array(memory.memory.buffer, memory.region('ram').offset, 512)
	const workers = [0, 1].map(
		(hart) =>
			new Worker(new URL('plic-claimer.ts', import.meta.url), {
				workerData: {memory: memory.memory, map: memory.map, hart},
			}),
	)
	const exits = workers.map((worker) => once(worker, 'exit'))
	const deadline = Date.now() + patience
	const raised = new Map(sources.map((irq) => [irq, 0]))
	let left = rounds
	while (left > 0 && Date.now() < deadline) {
		for (const irq of sources) {
			const count = raised.get(irq) ?? 0
			// A line is raised again only after its last interrupt was served.
			if (Atomics.load(words, 128 + irq) !== count) continue
			raised.set(irq, count + 1)
			board.plic.setLevel(irq, 1)
			left--
		}
	}
	const served = () => sources.reduce((sum, irq) => sum + Atomics.load(words, 128 + irq), 0)
	const total = () => [...raised.values()].reduce((sum, count) => sum + count, 0)
	while (served() < total() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5))
	Atomics.store(words, 300, 1)
	await Promise.all(exits)
	t.is(Atomics.load(words, 301), 0)
	t.is(served(), total())
	t.true(total() >= rounds)
})
