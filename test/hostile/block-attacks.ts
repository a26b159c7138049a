/** Requests of virtio-blk for a hostile driver to offer: mostly plausible, so that the device gets somewhere with them. */
import type {Random} from '../hart/core/float-operands.ts'

/** Sectors of the disks. */
export const blockSectors = 2048

const types = [0, 0, 0, 1, 1, 1, 4, 8, 11, 13, 0x8000_0000, 0x8000_0001, 2, 99]
const lengths = [512, 512, 1024, 4096, 65_536, 0x10_0000 - 512, 20, 1, 700]
const segmentFlags = [0, 0, 1, 2, 0xffff_ffff]
const indirectFlag = 4

type Poke = (gpa: bigint, bytes: 2 | 4, value: number) => void

export type BlockPlaces = Readonly<{
	/** The descriptor table, of 16 entries. */
	table: bigint
	/** A page for headers and for an indirect table. */
	scratch: bigint
	/** @returns an address for data, mostly in guest RAM. */
	data: () => bigint
}>

/** Writes five requests: descriptors 0 to 2, 3 to 5, and so on. @returns their heads. */
export function pokeBlockRequests(random: Random, poke: Poke, {table, scratch, data}: BlockPlaces): readonly number[] {
	const describe = (at: bigint, gpa: bigint, {length, flags, next}: Record<'length' | 'flags' | 'next', number>) => {
		poke(at, 4, Number(gpa & 0xffff_ffffn))
		poke(at + 4n, 4, Number((gpa >> 32n) & 0xffff_ffffn))
		poke(at + 8n, 4, length)
		poke(at + 12n, 2, flags)
		poke(at + 14n, 2, next)
	}
	const heads = [0, 3, 6, 9, 12]
	for (const head of heads) {
		const header = scratch + BigInt(head * 64)
		const type = random.pick(types)
		const sector = random.below(8) ? random.below(blockSectors + 8) : random.word()
		poke(header, 4, type)
		poke(header + 8n, 4, sector)
		poke(header + 12n, 4, random.below(16) ? 0 : random.word())
		const isZeroing = type === 11 || type === 13
		const isWrite = (type & 0xff) === 1 || isZeroing
		const [segment, length] = isZeroing ? [header + 32n, 16] : [data(), random.pick(lengths)]
		poke(header + 32n, 4, random.below(blockSectors))
		poke(header + 36n, 4, 0)
		poke(header + 40n, 4, random.below(64))
		poke(header + 44n, 4, random.pick(segmentFlags))
		const isIndirect = random.below(4) === 0
		const [entries, first] = isIndirect ? [scratch + 0x800n + BigInt(head * 32), 0] : [table, head]
		const at = (index: number) => entries + 16n * BigInt(first + index)
		describe(at(0), header, {length: 16, flags: 1, next: first + 1})
		describe(at(1), segment, {length, flags: isWrite ? 1 : 3, next: first + 2})
		describe(at(2), header + 16n, {length: random.below(32) ? 1 : 0, flags: 2, next: random.word() & 0xffff})
		if (isIndirect) describe(table + 16n * BigInt(head), entries, {length: 48, flags: indirectFlag, next: 0})
	}
	return heads
}
