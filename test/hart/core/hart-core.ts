/** A hart core on a small shared memory; the test takes the part of the run loop. */
import {Bus} from '../../../src/board/index.ts'
import {codeBuckets, codeCacheBytes} from '../../../src/hart/code-cache.ts'
import {HartCounters} from '../../../src/hart/hart-counters.ts'
import {HartState} from '../../../src/hart/hart-state.ts'
import {CodePage, fieldOffset, type HartField, VcpuBlock} from '../../../src/hart/index.ts'
import {RunState} from '../../../src/hart/run-state.ts'
import {decodingTableRegion, writeDecodingTable} from '../../../src/interpreter/index.ts'
import {
	AtomicOperation,
	announceWrite,
	GuestPage,
	guestPagesRegion,
	layOut,
	type MemoryMap,
	ramBase,
	SharedMemory,
	VcpuWords,
} from '../../../src/memory/index.ts'
import {
	defaultTlbDesign,
	FlushCause,
	generationMask,
	generationStep,
	largePageCount,
	lookupForm,
	Regime,
	regimeCount,
	type StateWords,
	shadowOffsets,
	shadowRegions,
	shadowSizeOf,
	stateWords,
	superpageCount,
	type TagEncoding,
	type TlbConfig,
	type TlbDesign,
	TlbEntry,
	TlbLargePage,
	TlbSpace,
	TlbState,
	tableAddress,
	tableBytes,
	tagBias,
	tlbDesign,
	trailerWord,
} from '../../../src/tlb/index.ts'
import {initializeShadow, readMisses} from '../../../src/tlb/shadow.ts'
import {hartModule} from '../../support/hart-module.ts'
import {type Exports, observedBy} from './hart-core-exports.ts'

/** Four megapages and half of one. */
export const ramBytes = 9 << 20
export const rom = {gpa: 0x1000, bytes: 0x4000}
/** The code cache's pages, the scratch page among them. */
export const codePages = 8
const log2Entries = 6
const tables = 64

/** Address spaces that a hart with `keepsSpaces` keeps. */
const keptSpaces = 2

const withStatistics: TlbConfig = {vcpus: 1, design: {statistics: 'on'}}
const shadowSize = shadowSizeOf(withStatistics)!

/** @param pagesOfCode what the code cache has room for. */
export const mapWith = (pagesOfCode: number): MemoryMap =>
	layOut([
		{name: 'vcpu', size: 2 * VcpuBlock.size, align: VcpuBlock.align},
		{name: 'mtime', size: 8, align: 8},
		decodingTableRegion,
		...shadowRegions(withStatistics),
		{name: 'tables', size: tableBytes(log2Entries) * (tables + 2 * keptSpaces), align: 4096},
		{name: 'rom', size: rom.bytes, align: 4096},
		{name: 'codeCache', size: codeCacheBytes(pagesOfCode), align: 64},
		{name: guestPagesRegion, size: (ramBytes / 4096) * GuestPage.size, align: 64},
		{name: 'ram', size: ramBytes, align: 65536},
	])
export const memoryMap = mapWith(codePages)

export const Environment = {ADUE: 1n << 61n, PBMTE: 1n << 62n, STCE: 1n << 63n} as const
export const Privilege = {user: 0, supervisor: 1, machine: 3} as const
/** The outcome of an access: a value, or the exception that it raised. */
export type Outcome = bigint | Readonly<{cause: number; tval: bigint}>
export type Tag = 'readTag' | 'writeTag' | 'execTag'
const fields = {...HartState.fields, ...RunState.fields, ...HartCounters.fields}

export type HartCoreOptions = Readonly<{
	/** Of the TLB's tags, if not the design's. */
	encoding?: TagEncoding | undefined
	/** Its size is not used. Tables are replaced by the test, if no policy is given. */
	design?: Partial<TlbDesign> | undefined
	/** Whether it keeps address spaces; default: a write of satp flushes. */
	keepsSpaces?: boolean
	/** Which misses are told apart; default: none. */
	samples?: 'all pages' | 'some pages' | 'all pages, four remembered' | undefined
	/** Of the code cache, if not `codePages`; the memory's map has as many. */
	pagesOfCode?: number
	/** This is the first one; a second one does nothing, but may have stored to RAM what a test writes. */
	harts?: 1 | 2
	/** Called with the name of each `observed` function that is called. */
	observe?: ((name: string) => void) | undefined
}>
/** The end of a title; the default encoding is not named. */
export const withEncoding = (encoding: TagEncoding) =>
	encoding === defaultTlbDesign.encoding ? '' : `, with ${encoding}`

export class HartCore {
	readonly memory: SharedMemory
	readonly design: TlbDesign
	readonly encoding: TagEncoding
	readonly core: Exports
	/** The regimes whose tables each flush in place has left: bit n = regime n. */
	readonly replaced: number[] = []
	/** What was timed: 'begins', then the regimes left to replaceTables(). */
	readonly timedFlushes: ('begins' | number)[] = []
	/** MMIO accesses, in order. */
	readonly mmio: string[] = []
	/** Called at each read. */
	onMmio = (): void => {}
	/** Where regions run: see RegionCache. */
	findRegion = (_codeBase: number, _pageOffset: number): number => -1
	/** Device registers by gpa; others do not exist. */
	readonly registers = new Map<number, number>()
	readonly #bus = new Bus([
		{
			name: 'registers',
			base: 0,
			size: 2 ** 56,
			narrowest: 1,
			read: (gpa) => this.registers.get(gpa) ?? 0,
			write: (gpa, _bytes, value) => void this.registers.set(gpa, value),
		},
	])
	ticks = 0
	/** The result of the next read of the seed CSR. */
	entropy = 0
	timerChanges = 0
	clockChecks = 0
	/** What the next check of the clock says. */
	sliceIsOver = false
	/** How replaceTables() empties a table: in place, as an owner that finds the pool dry; or by a swap. */
	replacesInPlace = false
	#nextTable = 0
	/** Offset of its vCPU's block. */
	readonly block: number

	constructor(
		memory = SharedMemory.create(memoryMap),
		{
			design = {},
			encoding = tlbDesign(design).encoding,
			keepsSpaces = false,
			samples,
			observe,
			pagesOfCode = codePages,
			harts = 1,
		}: HartCoreOptions = {},
	) {
		this.memory = memory
		this.design = tlbDesign({policy: 'swap-undo', ...design, encoding})
		this.encoding = encoding
		this.block = memory.region('vcpu').offset
		const env = {
			memory: memory.memory,
			mmioRead: (gpa: number, bytes: number) => {
				this.mmio.push(`read ${gpa.toString(16)} ${bytes}`)
				this.onMmio()
				return this.registers.has(gpa) ? this.#bus.read(gpa, bytes) : -1
			},
			mmioHigh: () => this.#bus.high,
			mmioWrite: (gpa: number, bytes: number, low: number, high: number) => {
				this.mmio.push(`write ${gpa.toString(16)} ${bytes} ${hexadecimal(low, high)}`)
				return this.registers.has(gpa) ? this.#bus.write(gpa, bytes, low, high) : 0
			},
			mmioAmo: (gpa: number, bytes: number, operation: number, low: number, high: number) => {
				this.mmio.push(`amo ${gpa.toString(16)} ${bytes} ${hexadecimal(low, high)}`)
				return this.registers.has(gpa) ? this.#bus.amo(gpa, bytes, {operation, low, high}) : -1
			},
			mmioStoreConditional: (gpa: number, bytes: number, reserved: number, ...words: number[]) => {
				const [expectedLow = 0, expectedHigh = 0, low = 0, high = 0] = words
				this.mmio.push(`sc ${gpa.toString(16)} ${bytes} ${hexadecimal(low, high)}`)
				const expected = reserved ? {low: expectedLow, high: expectedHigh} : undefined
				return this.registers.has(gpa) ? this.#bus.storeConditional(gpa, bytes, {expected, value: {low, high}}) : -1
			},
			findRegion: (codeBase: number, pageOffset: number) => this.findRegion(codeBase >>> 0, pageOffset),
			time: () => this.ticks,
			random: () => this.entropy,
			replaceTables: (regimes: number) => {
				this.replaced.push(regimes)
				for (let regime = 0; regime < regimeCount; regime++) {
					if (!(regimes & (1 << regime))) continue
					if (this.replacesInPlace) this.core.clearTable(this.descriptor(regime), tagBias[this.encoding])
					else this.#swapTable(regime)
				}
			},
			flushBegins: () => void this.timedFlushes.push('begins'),
			flushEnds: (regimes: number) => void this.timedFlushes.push(regimes),
			lookAtClock: () => {
				this.clockChecks++
				return this.sliceIsOver ? 1 : 0
			},
			timerChanged: () => {
				this.timerChanges++
			},
		}
		const exports = new WebAssembly.Instance(hartModule, {env}).exports as unknown as Exports
		this.core = observe ? observedBy(observe, exports) : exports
		const [ram, boot, cache] = [memory.region('ram'), memory.region('rom'), memory.region('codeCache')]
		const code = [cache.offset, pagesOfCode, codeBuckets(pagesOfCode), writeDecodingTable(memory)]
		const mtimeOffsetAt = memory.region('mtime').offset
		const others = [mtimeOffsetAt, memory.region(guestPagesRegion).offset, this.block, harts]
		this.core.attach(this.block, ram.offset, ram.size, boot.offset, rom.gpa, boot.size, ...code, ...others)
		const words = stateWords({
			vcpus: 1,
			...(design.policy === undefined && {undoLimit: -1}),
			design: {...this.design, asids: '0'},
			timesFlushes: samples !== undefined,
		})
		for (const [field, value] of Object.entries(words) as [keyof StateWords, number][])
			memory.i32[this.#tlbStateWord(field)] = value
		this.set('privilege', Privilege.machine)
		this.openPmp()
		// ADUE, as after a reset.
		this.set('menvcfg', Environment.ADUE)
		this.swapTables()
		if (keepsSpaces) this.#addSpaces()
		if (samples) this.#addShadow(samples)
		this.core.updateRegimes()
	}

	/** Entry 0 permits everything to everyone, as firmware leaves it. */
	openPmp(): void {
		this.set('pmpcfg', 0x1f)
		this.set('pmpaddr', (1n << 54n) - 1n)
	}

	/** -1: the test replaces every filled table that is flushed. */
	set undoLimit(limit: number) {
		this.memory.i32[this.#tlbStateWord('undoLimit')] = limit
	}

	/** A counter of the TlbState. */
	counter(field: 'elided' | 'undone' | 'cleared' | 'generations' | 'pageFlushes'): number {
		return this.memory.i32[this.#tlbStateWord(field)]!
	}

	get fills(): bigint {
		return this.memory.i64[this.#tlbStateWord('fills') / 2]!
	}

	/** Bits of flush-requests.ts. */
	get requestBits(): number {
		return this.memory.i32[this.#tlbStateWord('requestBits')]!
	}

	/** After a test has written RAM that may be code, as a device does. */
	written(gpa: number, length: number): void {
		announceWrite(this.memory, {first: gpa - ramBase, length, ring: () => this.core.codeChanged()})
	}

	get doorbell(): number {
		return this.memory.i32[(this.block + VcpuWords.offset.doorbell) / 4]!
	}

	/** Offset of its TlbState. */
	get tlbState(): number {
		return this.block + VcpuBlock.offset.tlb
	}

	/** As another hart begins a generation. */
	nextGeneration(regime: number): void {
		this.memory.i32[this.#descriptorWord(regime)]! += generationStep
	}

	/** Another hart's fence of all spaces is counted. */
	countFence(): void {
		this.memory.i32[this.#tlbStateWord('fencedAll')]!++
	}

	/** The causes of all flushes, in the order of FlushCause. */
	get flushes(): FlushCause[] {
		const first = this.#tlbStateWord('flushes')
		return Object.values(FlushCause).flatMap((cause) => Array(this.memory.i32[first + cause]!).fill(cause))
	}

	#tlbStateWord(field: keyof typeof TlbState.offset): number {
		return (this.tlbState + TlbState.offset[field]) / 4
	}

	#addSpaces(): void {
		this.memory.i32[this.#tlbStateWord('spaceCount')] = keptSpaces
		for (let table = 0; table < 2 * keptSpaces; table++) {
			const space = this.#tlbStateWord('spaces') + ((table >> 1) * TlbSpace.size) / 4
			this.memory.i32[space + TlbSpace.offset.descriptor / 4 + (table & 1)] = this.#clearedTable(tables + table)
		}
	}

	#addShadow(samples: NonNullable<HartCoreOptions['samples']>): void {
		const sampledOneIn = samples === 'some pages' ? 32 : 1
		const sets = samples === 'all pages, four remembered' ? 1 : shadowSize.sets
		initializeShadow(this.memory, this.tlbState, {shadow: this.#shadow, size: {sampledOneIn, sets}})
	}

	get #shadow(): number {
		return shadowOffsets(this.memory, withStatistics)[0]!
	}

	/** Misses by class, those that were not met left out. */
	get misses(): Record<string, number | Record<string, number>> {
		const {flush, sampledOneIn, ...classes} = readMisses(this.memory, this.#shadow)
		const met = (counts: Record<string, number>) =>
			Object.fromEntries(Object.entries(counts).filter(([, count]) => count))
		return {...met(classes), ...(Object.keys(met(flush)).length > 0 && {flush: met(flush)})}
	}

	/** Publishes a cleared table for each regime, round robin. */
	swapTables(): void {
		for (let regime = 0; regime < regimeCount; regime++) this.#swapTable(regime)
	}

	#swapTable(regime: number): void {
		this.memory.i32[this.#descriptorWord(regime)] = this.#clearedTable(this.#nextTable)
		this.#nextTable = (this.#nextTable + 1) % tables
	}

	/** @returns its descriptor. */
	#clearedTable(table: number): number {
		const address = this.memory.region('tables').offset + table * tableBytes(log2Entries)
		this.memory.u8.fill(0, address, address + tableBytes(log2Entries))
		this.core.poisonSlotZero(address | log2Entries, tagBias[this.encoding])
		return address | (lookupForm(this.design).generations ? generationStep : 0) | log2Entries
	}

	#descriptorWord(regime: number): number {
		return this.#tlbStateWord('descriptor') + regime
	}

	descriptor(regime: number): number {
		return this.memory.u32[this.#descriptorWord(regime)]!
	}

	/** As another thread's flush under epoch-tag. */
	beginGeneration(regime: number): void {
		Atomics.add(this.memory.i32, this.#descriptorWord(regime), generationStep)
	}

	/** The tags of gva's entry that match its page, in one word: 'read write exec'. */
	entry(gva: bigint, descriptor = this.descriptor(Regime.supervisor)): string {
		const wanted = (gva & ~0xfffn) + BigInt(tagBias[this.encoding] + (descriptor & generationMask))
		const tags: Tag[] = ['readTag', 'writeTag', 'execTag']
		return tags
			.filter((tag) => this.memory.u64[(this.#entryAt(gva, descriptor) + TlbEntry.offset[tag]) / 8] === wanted)
			.map((tag) => tag.slice(0, -3))
			.join(' ')
	}

	/** Where generated code would find gva's byte. */
	entryTarget(gva: bigint, descriptor = this.descriptor(Regime.supervisor)): number {
		const addend = this.memory.u32[(this.#entryAt(gva, descriptor) + TlbEntry.offset.addend) / 4]!
		return (Number(gva & 0xffff_ffffn) + addend) >>> 0
	}

	#entryAt(gva: bigint, descriptor: number): number {
		const page = this.design.index === 'hashed' ? (gva >> 12n) ^ (gva >> 21n) : gva >> 12n
		const index = Number(page & BigInt((1 << log2Entries) - 1))
		return tableAddress(descriptor) + index * TlbEntry.size
	}

	trailer(
		field: 'filled' | 'logged' | 'used' | 'returned' | 'clearings' | 'life' | 'lifeFills',
		descriptor = this.descriptor(Regime.supervisor),
	): number {
		return this.memory.i32[trailerWord(descriptor, field)]!
	}

	/** The superpages that the table names: [gva, bytes], by address. */
	superpages(descriptor = this.descriptor(Regime.supervisor)): [bigint, bigint][] {
		const first = trailerWord(descriptor, 'superpages') / 2
		const names = this.memory.u64.slice(first, first + superpageCount).toSorted()
		return Array.from(names.filter((name) => name !== 0n)).map((name) => [name & ~0x3fn, 1n << (name & 0x3fn)])
	}

	/** How many large pages the table has. */
	largePages(descriptor = this.descriptor(Regime.supervisor)): number {
		const first = trailerWord(descriptor, 'largePages')
		const large = Array.from({length: largePageCount}, (_, index) => first + (index * TlbLargePage.size) / 4)
		return large.filter((word) => this.memory.i32[word + TlbLargePage.offset.may / 4] !== 0).length
	}

	#fieldAt(name: HartField): number {
		return this.block + fieldOffset[name]
	}

	get(name: HartField): bigint {
		if (fields[name] === 'i32') return BigInt(this.memory.i32[this.#fieldAt(name) / 4]!)
		return this.memory.u64[this.#fieldAt(name) / 8]!
	}

	set(name: HartField, value: bigint | number): void {
		if (fields[name] === 'i32') this.memory.i32[this.#fieldAt(name) / 4] = Number(value)
		else this.memory.u64[this.#fieldAt(name) / 8] = BigInt.asUintN(64, BigInt(value))
	}

	get pendingInterrupts(): number {
		return this.memory.i32[(this.block + VcpuWords.offset.pendingInterrupts) / 4]!
	}

	set pendingInterrupts(bits: number) {
		this.memory.i32[(this.block + VcpuWords.offset.pendingInterrupts) / 4] = bits
	}

	/** The offset in shared memory of a gpa in guest RAM. */
	ramOffset(gpa: number): number {
		return this.memory.region('ram').offset + gpa - ramBase
	}

	peek(gpa: number): bigint {
		return this.memory.u64[this.ramOffset(gpa) / 8]!
	}

	poke(gpa: number, value: bigint): void {
		this.memory.u64[this.ramOffset(gpa) / 8] = value
	}

	#exception(): Outcome {
		return {cause: Number(this.get('trapCause')), tval: this.get('trapTval')}
	}

	read(gva: bigint, bytes: 1 | 2 | 4 | 8 = 8): Outcome {
		const offset = this.core.readMemory(gva, bytes) >>> 0
		if (offset === 0) return this.#exception()
		const view = new DataView(this.memory.u8.slice(offset, offset + 8).buffer)
		return BigInt.asUintN(bytes * 8, view.getBigUint64(0, true))
	}

	/** @returns 1n when done. */
	write(gva: bigint, bytes: 1 | 2 | 4 | 8, value: bigint): Outcome {
		return this.core.writeMemory(gva, bytes, value) ? 1n : this.#exception()
	}

	/** @returns the offset in shared memory. */
	atomic(gva: bigint, bytes: 4 | 8, access: 'lr' | 'amo', value = 0n): Outcome {
		const operation = access === 'lr' ? AtomicOperation.loadReserved : AtomicOperation.add
		const offset = this.core.atomicAddress(gva, bytes, operation, value) >>> 0
		return offset === 0 ? this.#exception() : BigInt(offset)
	}

	/** @returns the code page's offset. */
	fetch(gva: bigint): Outcome {
		const code = this.core.fetch(gva) >>> 0
		return code === 0 ? this.#exception() : BigInt(code)
	}

	fetchAcross(gva: bigint): Outcome {
		const code = this.core.fetchAcross(gva) >>> 0
		return code === 0 ? this.#exception() : BigInt(code)
	}

	slot(code: Outcome, index: number): bigint {
		return this.memory.u64[(Number(code) + CodePage.offset.slots) / 8 + index]!
	}

	setSlot(code: Outcome, index: number, value: bigint): void {
		this.memory.u64[(Number(code) + CodePage.offset.slots) / 8 + index] = value
	}

	snapshot(code: Outcome, offset: number): number {
		const at = Number(code) + CodePage.offset.snapshot + offset
		return new DataView(this.memory.u8.slice(at, at + 4).buffer).getUint32(0, true)
	}

	snapshotNumber(code: Outcome): bigint {
		return this.memory.u64[(Number(code) + CodePage.offset.snapshotNumber) / 8]!
	}

	/** csrrw. @returns the old value, or 'illegal'. */
	csrWrite(number: number, value: bigint): bigint | 'illegal' {
		return this.#csr(number, 0, value, 0)
	}

	csrRead(number: number): bigint | 'illegal' {
		return this.#csr(number, 1, 0n, 1)
	}

	csrSet(number: number, value: bigint): bigint | 'illegal' {
		return this.#csr(number, 1, value, 0)
	}

	csrClear(number: number, value: bigint): bigint | 'illegal' {
		return this.#csr(number, 2, value, 0)
	}

	/** Writes, and reads back. */
	csrLegalized(number: number, value: bigint): bigint | 'illegal' {
		this.csrWrite(number, value)
		return this.csrRead(number)
	}

	#csr(number: number, how: number, operand: bigint, readOnly: number): bigint | 'illegal' {
		return this.core.csrAccess(number, how, operand, readOnly) === 0 ? 'illegal' : this.get('scratch')
	}

	/** Switches to a privilege and a page table, without a flush. */
	enter(privilege: number, satp = 0n): void {
		this.set('privilege', privilege)
		this.set('satp', satp)
		this.core.updateRegimes()
	}

	status(bits: bigint): void {
		this.set('mstatus', bits)
		this.core.updateRegimes()
	}
}

function hexadecimal(low: number, high: number): string {
	return ((BigInt(high) << 32n) | BigInt(low)).toString(16)
}
