/**
 * Times flushes, on the thread of a vCPU: the three translated regimes' tables are filled, 2 MiB of other data are
 * touched, then the flush is timed.
 */

import {VcpuBlock} from '../../../hart/index.ts'
import {layOut, type MemoryMap, type SharedMemory, VcpuBlocks} from '../../../memory/index.ts'
import {Rcu, type RcuReader, rcuRegion} from '../../../rcu/index.ts'
import {
	FlushCause,
	logCapacity,
	Regime,
	regimeCount,
	Tlb,
	type TlbConfig,
	TlbEntry,
	TlbState,
	tableAddress,
	tableLog2Entries,
	tableOperations,
	tlbRegion,
	trailerWord,
} from '../../../tlb/index.ts'

/** Odd, so that the filled entries spread over the table without collisions. */
const spread = 0x9e5

/** Stands for the guest's own data: every flush begins with equally cold caches. */
const guestData = new Float64Array(2 ** 21 / 8)
function sweepCaches(): void {
	for (let line = 0; line < guestData.length; line += 8) guestData[line] = (guestData[line] ?? 0) + 1
}

export const costMemoryMap = (config: TlbConfig): MemoryMap =>
	layOut([{name: 'vcpu', size: VcpuBlock.size, align: VcpuBlock.align}, rcuRegion(1), tlbRegion(config)])

export class Flusher {
	readonly memory: SharedMemory
	readonly #tlb: Tlb
	readonly #reader: RcuReader
	readonly #state: number
	#wantsClearing = false

	constructor(memory: SharedMemory, {config, hartCore}: Readonly<{config: TlbConfig; hartCore: WebAssembly.Module}>) {
		this.memory = memory
		const blocks = new VcpuBlocks(memory, 1)
		const rcu = new Rcu(memory)
		this.#reader = rcu.reader(0)
		this.#tlb = new Tlb(memory, {
			blocks,
			rcu,
			config,
			operations: tableOperations(hartCore, memory),
			needsClearing: () => {
				this.#wantsClearing = true
			},
		})
		this.#tlb.initialize(0)
		this.#state = blocks.base(0) + VcpuBlock.offset.tlb
	}

	/** Whether the pool has asked for a helper since this was read last. */
	get wantsClearing(): boolean {
		const wants = this.#wantsClearing
		this.#wantsClearing = false
		return wants
	}

	/** Whether tables wait to be cleared. */
	get hasRetired(): boolean {
		return this.#tlb.sharedStatistics().waiting > 0
	}

	/** Flushes so far that found no cleared table. */
	get poolDry(): number {
		return this.#tlb.tlbStatistics(0).poolDry
	}

	/** @param filled entries in each table. @returns nanoseconds. */
	timeFlush(filled: number): number {
		this.#reader.online()
		this.#fillTables(filled)
		sweepCaches()
		const began = performance.now()
		this.#tlb.flush(0, FlushCause.sfenceAll)
		const nanoseconds = (performance.now() - began) * 1e6
		// Nothing holds up the grace period of what was retired.
		this.#reader.offline()
		return nanoseconds
	}

	#fillTables(filled: number): void {
		// Plain where possible: only this thread uses these tables until it retires them; that publishes them to the clearer.
		const words = this.memory.i32
		for (let regime: number = Regime.supervisor; regime < regimeCount; regime++) {
			const descriptor = Atomics.load(words, (this.#state + TlbState.offset.descriptor + regime * 4) >>> 2)
			const mask = (1 << tableLog2Entries(descriptor)) - 1
			const log = trailerWord(descriptor, 'log') * 2
			Atomics.store(words, trailerWord(descriptor, 'filled'), 1)
			words[trailerWord(descriptor, 'logged')] = filled
			for (let index = 0; index < filled; index++) {
				const entry = (index * spread) & mask
				if (index < logCapacity) this.memory.u16[log + index] = entry
				const start = (tableAddress(descriptor) + entry * TlbEntry.size) >>> 2
				// Both halves of three tags, the addend, the code page.
				for (let word = 0; word < 8; word++) words[start + word] = entry << 12
			}
		}
	}
}
