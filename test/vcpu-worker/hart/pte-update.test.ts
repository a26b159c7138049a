/** A and D bits while another hart changes the PTE. */
import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import test from 'ava'
import {ramBase} from '../../../src/memory/index.ts'
import {HartCore, memoryMap} from './hart-core.ts'
import {PageTables, Pte} from './page-tables.ts'
import type {PteWalkerData} from './pte-walker.ts'

const {V, R, W, A, D} = Pte
const durationMs = 700
/** A loaded machine may need longer to let both threads run at once. */
const longestMs = 20_000

test('a walk that sets A and D never brings back a PTE that another hart has replaced', async (t) => {
	const hart = new HartCore()
	const tables = new PageTables(hart)
	const gva = 0x4000n
	const pte = hart.ramOffset(tables.map(gva, ramBase + 0x1_0000, V | R | W)) / 8
	const words = new Int32Array(new SharedArrayBuffer(8))
	const data: PteWalkerData = {memory: hart.memory.memory, map: memoryMap, satp: tables.satp, gva, words}
	const worker = new Worker(new URL('./pte-walker.ts', import.meta.url), {workerData: data})
	const exit = once(worker, 'exit')
	const startBy = Date.now() + 20_000
	while (Atomics.load(words, 0) === 0 && Date.now() < startBy) await new Promise((resolve) => setTimeout(resolve, 5))

	let [replaced, marked, lost] = [0, 0, 0]
	const began = Date.now()
	const isEnough = () => Date.now() - began > durationMs && marked > 10
	while (!isEnough() && Date.now() - began < longestMs) {
		// 0 takes the page away, as a guest's unmap does; then nobody may write the PTE until the guest maps it again.
		const frame = BigInt(ramBase + 0x1_0000 + (replaced & 63) * 4096)
		for (const fresh of [0n, ((frame >> 12n) << 10n) | V | R | W]) {
			// The guest's amoswap. Pairs with the walk's compare-and-swap.
			if (Atomics.exchange(hart.memory.u64, pte, fresh) & (A | D)) marked++
			for (let i = 0; i < 20; i++) {
				const seen = Atomics.load(hart.memory.u64, pte)
				if (fresh === 0n ? seen !== 0n : (seen & ~(A | D)) !== fresh) lost++
			}
		}
		replaced++
	}
	const walks = Atomics.load(words, 0)
	Atomics.store(words, 1, 1)
	await exit
	t.log(`${walks} walks, ${replaced} replaced, ${marked} of them marked`)
	t.is(lost, 0)
	t.true(marked > 10)
})
