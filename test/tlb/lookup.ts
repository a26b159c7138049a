/** Lookup and fill as the hart core does them, with the page's frame in the addend. */
import type {SharedMemory} from '../../src/memory/index.ts'
import {
	generationMask,
	indexFold,
	logCapacity,
	type TlbConfig,
	TlbEntry,
	tableAddress,
	tableLog2Entries,
	tagBias,
	tlbDesign,
	trailerWord,
} from '../../src/tlb/index.ts'

/** The machine whose tables they are. */
type Machine = Readonly<{memory: SharedMemory; config: TlbConfig}>

const tagLow = (page: number, {design}: TlbConfig, descriptor: number) =>
	(page << 12) + tagBias[tlbDesign(design).encoding] + (descriptor & generationMask)

const isPoisoned = ({design}: TlbConfig) => tagBias[tlbDesign(design).encoding] === 0

/** Word index of the page's entry. */
function entryWord({design}: TlbConfig, descriptor: number, page: number): number {
	const folded = tlbDesign(design).index === 'hashed' ? page ^ (page >> indexFold) : page
	const index = folded & ((1 << tableLog2Entries(descriptor)) - 1)
	return (tableAddress(descriptor) + index * TlbEntry.size) >>> 2
}

/** @param page below 2^20. @returns the frame, or undefined on a miss. Plain: the caller is the table's owner. */
export function lookUp({memory, config}: Machine, descriptor: number, page: number): number | undefined {
	const entry = entryWord(config, descriptor, page)
	const tag = entry + (TlbEntry.offset.readTag >> 2)
	if (memory.i32[tag] !== tagLow(page, config, descriptor) || memory.i32[tag + 1] !== 0) return undefined
	return memory.i32[entry + (TlbEntry.offset.addend >> 2)]
}

/** Announces a fill, before the walk. */
export function openTable(memory: SharedMemory, descriptor: number): void {
	// Plain read: only the owner sets the word. Store: ordered before the walk's loads; pairs with isFilled().
	const word = trailerWord(descriptor, 'filled')
	if (memory.i32[word] === 0) Atomics.store(memory.i32, word, 1)
	clearingsSeen = Atomics.load(memory.i32, trailerWord(descriptor, 'clearings'))
}

/** Logs an entry that was zero or of an earlier generation, except slot 0 if page 0's tag is zero. */
function logEntry({memory, config}: Machine, descriptor: number, entry: number): void {
	const slot = (entry * 4 - tableAddress(descriptor)) / TlbEntry.size
	const tag = entry + (TlbEntry.offset.readTag >> 2)
	if (slot === 0 && isPoisoned(config)) return
	const [low = 0, high = 0] = memory.i32.subarray(tag, tag + 2)
	const isOfGeneration = (descriptor & generationMask) === 0 || ((low ^ tagLow(0, config, descriptor)) & 0xfff) === 0
	if ((low !== 0 || high !== 0) && isOfGeneration) return
	const word = trailerWord(descriptor, 'logged')
	const logged = memory.i32[word]!
	if (logged < logCapacity) memory.u16[trailerWord(descriptor, 'log') * 2 + logged] = slot
	memory.i32[word] = logged + 1
}

/** Notes that a page is not global. Plain: the caller is the table's owner. */
export function noteLocalPage({memory}: Machine, descriptor: number): void {
	memory.i32[trailerWord(descriptor, 'local')] = 1
}

/** Fills an entry, after the walk. Plain: the caller is the table's owner. */
export function fill(machine: Machine, descriptor: number, page: number, frame: number): void {
	const {memory, config} = machine
	const entry = entryWord(config, descriptor, page)
	logEntry(machine, descriptor, entry)
	for (const field of ['readTag', 'writeTag', 'execTag'] as const) {
		const tag = entry + (TlbEntry.offset[field] >> 2)
		memory.i32[tag] = tagLow(page, config, descriptor)
		memory.i32[tag + 1] = 0
	}
	memory.i32[entry + (TlbEntry.offset.addend >> 2)] = frame
	if (tlbDesign(config.design).policy !== 'atomic-clear') return
	// As clearingsAfterFill() in src/tlb/core/table.ts: the entry is filled before.
	if (Atomics.add(memory.i32, trailerWord(descriptor, 'clearings'), 0) === clearingsSeen) return
	for (let word = 0; word < TlbEntry.offset.addend >> 2; word++) memory.i32[entry + word] = -1
}

/** Before the walk. */
let clearingsSeen = 0

/** Whether every byte but the log's is as in a fresh table. */
export function isFresh({memory, config}: Machine, descriptor: number): boolean {
	const bytes = memory.u8.subarray(tableAddress(descriptor), trailerWord(descriptor, 'log') * 4)
	const poisoned = isPoisoned(config) ? TlbEntry.offset.addend : 0
	const clearings = trailerWord(descriptor, 'clearings') * 4 - tableAddress(descriptor)
	return bytes.every((byte, index) => byte === (index < poisoned ? 0xff : 0) || (index >> 2) * 4 === clearings)
}
