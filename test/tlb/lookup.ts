/** Lookup and fill as the hart core does them, with the page's frame in the addend. */
import type {SharedMemory} from '../../src/memory/index.ts'
import {logCapacity, TlbEntry, tableAddress, tableLog2Entries, trailerWord} from '../../src/tlb/index.ts'

/** Word index of the page's entry. */
function entryWord(descriptor: number, page: number): number {
	const index = page & ((1 << tableLog2Entries(descriptor)) - 1)
	return (tableAddress(descriptor) + index * TlbEntry.size) >>> 2
}

/** @param page below 2^20. @returns the frame, or undefined on a miss. Plain: the caller is the table's owner. */
export function lookUp(memory: SharedMemory, descriptor: number, page: number): number | undefined {
	const entry = entryWord(descriptor, page)
	const tag = entry + (TlbEntry.offset.readTag >> 2)
	if (memory.i32[tag] !== page << 12 || memory.i32[tag + 1] !== 0) return undefined
	return memory.i32[entry + (TlbEntry.offset.addend >> 2)]
}

/** Before the walk. */
export function openTable(memory: SharedMemory, descriptor: number): void {
	// Ordered before the walk's loads; pairs with isFilled().
	const word = trailerWord(descriptor, 'filled')
	if (memory.i32[word] === 0) Atomics.store(memory.i32, word, 1)
}

/** Notes an entry that was zero, slot 0 aside. */
function logEntry(memory: SharedMemory, descriptor: number, entry: number): void {
	const slot = (entry * 4 - tableAddress(descriptor)) / TlbEntry.size
	const tag = entry + (TlbEntry.offset.readTag >> 2)
	if (slot === 0 || memory.i32[tag] !== 0 || memory.i32[tag + 1] !== 0) return
	const word = trailerWord(descriptor, 'logged')
	const logged = memory.i32[word]!
	if (logged < logCapacity) memory.u16[trailerWord(descriptor, 'log') * 2 + logged] = slot
	memory.i32[word] = logged + 1
}

/** After the walk. Plain: the caller is the table's owner. */
export function fill(memory: SharedMemory, descriptor: number, page: number, frame: number): void {
	const entry = entryWord(descriptor, page)
	logEntry(memory, descriptor, entry)
	for (const field of ['readTag', 'writeTag', 'execTag'] as const) {
		const tag = entry + (TlbEntry.offset[field] >> 2)
		memory.i32[tag] = page << 12
		memory.i32[tag + 1] = 0
	}
	memory.i32[entry + (TlbEntry.offset.addend >> 2)] = frame
}
