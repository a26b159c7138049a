/**
 * The part of a machine that TLB tests need: vCPU blocks with a satp, RCU, tables, and some words for the test itself.
 */
import {fieldOffset, VcpuBlock} from '../../src/hart/index.ts'
import {layOut, type MemoryMap, SharedMemory, VcpuBlocks} from '../../src/memory/index.ts'
import {Rcu, rcuRegion} from '../../src/rcu/index.ts'
import {anyAsid} from '../../src/tlb/flush-requests.ts'
import {
	clearRetired,
	shadowRegions,
	type TableOperations,
	Tlb,
	type TlbConfig,
	type TlbOptions,
	TlbState,
	tableOperations,
	tlbRegion,
	tlbStateOffset,
} from '../../src/tlb/index.ts'
import {hartModule} from '../support/hart-module.ts'

/** Table operations read satp where the hart core does. */
const satpOffset = fieldOffset.satp
export const testWords = 4096
/** Words of the torture test. `stop`: written by it, or by a thread that has used a stale translation; ends all threads. */
export const tortureWord = {stop: 0, fences: 1}

export type TestMachineData = Readonly<{memory: WebAssembly.Memory; map: MemoryMap; config: TlbConfig}>

export function createMachineMemory(config: TlbConfig): SharedMemory {
	const {vcpus} = config
	return SharedMemory.create(
		layOut([
			{name: 'vcpu', size: vcpus * VcpuBlock.size, align: VcpuBlock.align},
			rcuRegion(vcpus),
			{name: 'words', size: testWords * 4, align: 128},
			tlbRegion(config),
			...shadowRegions(config),
		]),
	)
}

export class TestMachine {
	readonly memory: SharedMemory
	readonly config: TlbConfig
	readonly blocks: VcpuBlocks
	readonly rcu: Rcu
	readonly operations: TableOperations
	readonly tlb: Tlb
	/** Index of the first of the test's own words. */
	readonly words: number

	constructor(memory: SharedMemory, config: TlbConfig, options: Pick<TlbOptions, 'needsClearing' | 'observer'> = {}) {
		this.memory = memory
		this.config = config
		this.blocks = new VcpuBlocks(memory, config.vcpus)
		this.rcu = new Rcu(memory, config.vcpus)
		this.operations = tableOperations(hartModule, memory)
		const {blocks, rcu, operations} = this
		this.tlb = new Tlb(memory, {blocks, rcu, config, operations, satpOffset, ...options})
		this.words = memory.region('words').offset >> 2
	}

	/** Its tables are undone or swapped, if no policy is given. */
	static create(given: TlbConfig, options: Pick<TlbOptions, 'needsClearing' | 'observer'> = {}): TestMachine {
		const config: TlbConfig = {...given, design: {policy: 'swap-undo', ...given.design}}
		const machine = new TestMachine(createMachineMemory(config), config, options)
		for (let vcpu = 0; vcpu < config.vcpus; vcpu++) machine.tlb.initialize(vcpu)
		return machine
	}

	get data(): TestMachineData {
		return {memory: this.memory.memory, map: this.memory.map, config: this.config}
	}

	/** As the run loop does before guest code. */
	enter(vcpu: number): void {
		this.rcu.reader(vcpu).online()
		this.tlb.safepoint(vcpu)
	}

	/** As the run loop does when it sleeps or ends. */
	leave(vcpu: number): void {
		this.rcu.reader(vcpu).offline()
	}

	descriptor(vcpu: number, regime: number): number {
		const word = (this.blocks.base(vcpu) + tlbStateOffset + TlbState.offset.descriptor + regime * 4) >>> 2
		// Pairs with the exchange in publish().
		return Atomics.load(this.memory.i32, word)
	}

	/** As the hart core does it. @param pageLow, pageHigh the words of gva >> 12 of the first one. */
	flushPage(vcpu: number, pageLow: number, pageHigh: number, pages = 1): void {
		const {flushPages} = this.operations
		this.tlb.replaceTables(vcpu, flushPages(this.blocks.base(vcpu), pageLow, pageHigh, pages, anyAsid))
	}

	/** @returns how many. */
	clearRetired(): number {
		return clearRetired(this.memory, this.config, this.operations)
	}

	/** As the hart core writes satp: Sv39 with this ASID. On the owner's thread, online, or while the vCPU does not run. */
	setAsid(vcpu: number, asid: number): void {
		const block = this.blocks.base(vcpu)
		const before = this.memory.u64[(block + satpOffset) / 8] ?? 0n
		const after = (8n << 60n) | (BigInt(asid) << 44n)
		if (before === after) return
		// As publishSatp(); pairs with #currentAsid() in src/tlb/tlb.ts.
		Atomics.store(this.memory.i32, (block + satpOffset + 4) >>> 2, Number(BigInt.asIntN(32, after >> 32n)))
		this.tlb.replaceTables(vcpu, this.operations.switchSpace(block, before, after))
	}
}
