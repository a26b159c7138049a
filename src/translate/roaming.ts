/**
 * Base registers that roam: they lead to and fro between a few pages, as a random index into a small table does. The host
 * cannot predict which accesses are in the last page, and each mistake costs it more than a lookup. So accesses are watched now
 * and then, some thousand of them, and a model of a branch predictor tells how well the host would know. A register that roams
 * is looked up in the table, in line, once its region is translated again. Where pages follow each other in order, as in
 * matrices and searches, or never come again, as in large tables, last pages are predicted well and are faster.
 */
import {fieldOffset, mostRoaming, VcpuBlock, vcpuRegions} from '../hart/index.ts'
import type {AccessBytes} from '../isa/index.ts'
import {pageBytes, type SharedMemory} from '../memory/index.ts'
import type {Region} from './region.ts'
import {regionKey} from './types.ts'

/** Bits of a place's hash; the register's number is above them. */
const placeBits = 22
const placeMask = 2 ** placeBits - 1
/** Bits of an access's width, bytes − 1, in a site. */
const widthBits = 3

/** @param key of the region: regionKey(). @returns a number of 27 bits, which another place may have as well. */
export function roamingId(key: number, register: number): number {
	// So that the registers of one region are not watched in the same place.
	const spread = Math.imul(register, 0x2545) & placeMask
	return ((register << placeBits) | (placeHash(key) ^ spread)) >>> 0
}

/** @returns the hash of its place, by which roamingId() made it. */
export function placeOfRoaming(id: number): number {
	return (id ^ Math.imul(id >>> placeBits, 0x2545)) & placeMask
}

/** Of a region, by regionKey(). */
export function placeHash(key: number): number {
	return Math.imul(key, 0x9e37_79b1) >>> (32 - placeBits)
}

/**
 * Which registers of a region roam: those that were found in it, and in regions that begin at one of its blocks, as that of
 * a loop does, whose code it has, too.
 * @param roaming roamingRegisters(). @param of.page its place.
 */
export function registersThatRoam(
	roaming: ReadonlySet<number>,
	of: Readonly<{page: number; region: Pick<Region, 'blocks'>}>,
): ReadonlySet<number> {
	const found = new Set<number>()
	if (roaming.size === 0) return found
	for (const {start} of of.region.blocks) {
		if (start < 0 || start >= pageBytes) continue
		for (let register = 1; register < 32; register++)
			if (roaming.has(roamingId(regionKey(of.page, start), register))) found.add(register)
	}
	return found
}

/** What a region tells the function of misses: which register, and how wide the access is. @returns an i32. */
export function missSite(id: number, bytes: AccessBytes): number {
	return (id << widthBits) | (bytes - 1)
}

export const siteWidthMask = 2 ** widthBits - 1
/** site >>> this is the roamingId(). */
export const siteIdShift = widthBits

/**
 * The base registers that roam, of all harts. Plain: a hint, and each hart writes its own while this reads them.
 */
export function roamingRegisters(memory: SharedMemory): ReadonlySet<number> {
	const {i32} = memory
	const {offset, size} = memory.region(vcpuRegions.blocks)
	const found = new Set<number>()
	for (let block = offset; block < offset + size; block += VcpuBlock.size) {
		const first = (block + fieldOffset.roaming) >>> 2
		for (let index = 0; index < mostRoaming; index++) if (i32[first + index] !== 0) found.add(i32[first + index]!)
	}
	return found
}
