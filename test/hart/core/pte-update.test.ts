/** A and D bits while another hart changes the PTE. */
import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import test from 'ava'
import {ramBase} from '../../../src/memory/index.ts'
import {margin, patience} from '../../support/patience.ts'
import {HartCore, memoryMap} from './hart-core.ts'
import {PageTables, Pte} from './page-tables.ts'
import type {PteWalkerData} from './pte-walker.ts'

const {V, R, W, A, D} = Pte
const durationMs = 700
/** This many walks have set bits between the writer's exchanges: a walk that stored plainly would lose some PTEs. */
const enoughMarked = 2000
/** What the assertion wants. A loaded host may need longer to let both threads run at once. */
const fewestMarked = 10
const usualMs = 40_000

test('a walk that sets A and D never brings back a PTE that another hart has replaced', async (t) => {
	t.timeout(2 * patience + margin)
	const hart = new HartCore()
	const tables = new PageTables(hart)
	const gva = 0x40_0000n
	const pte = hart.ramOffset(tables.map(gva, ramBase, V | R | W, {level: 1})) / 8
	const leaf = hart.memory.u64[pte]!
	const words = new Int32Array(new SharedArrayBuffer(8))
	const data: PteWalkerData = {memory: hart.memory.memory, map: memoryMap, satp: tables.satp, gva, words}
	const worker = new Worker(new URL('./pte-walker.ts', import.meta.url), {workerData: data})
	const exit = once(worker, 'exit')
	const startBy = Date.now() + patience
	// The loads of `words` order nothing, and neither does the store: progress and stop. Pair with the walker's.
	while (Atomics.load(words, 0) === 0 && Date.now() < startBy) await new Promise((resolve) => setTimeout(resolve, 5))

	let [replaced, marked, lost, before] = [0, 0, 0, leaf]
	const began = Date.now()
	const lasted = () => Date.now() - began
	const isEnough = () => lasted() > durationMs && marked > (lasted() < usualMs ? enoughMarked : fewestMarked)
	while (!isEnough() && lasted() < patience) {
		// 0 unmaps the page; then no walk may write the PTE until the guest maps the page again, here with other software
		// bits.
		for (const fresh of [0n, leaf | (BigInt(replaced & 3) << 8n)]) {
			// The guest's amoswap. Pairs with the walk's compare-and-swap.
			const old = Atomics.exchange(hart.memory.u64, pte, fresh)
			if (old & (A | D)) marked++
			if ((before === 0n ? old : old & ~(A | D)) !== before) lost++
			before = fresh
			// Time for a walk to come between.
			for (let i = 0; i < 10; i++) Atomics.load(hart.memory.u64, pte)
		}
		replaced++
	}
	const walks = Atomics.load(words, 0)
	Atomics.store(words, 1, 1)
	await exit
	t.log(`${walks} walks, ${replaced} replaced, ${marked} of them marked`)
	t.is(lost, 0)
	t.true(marked > fewestMarked)
})
