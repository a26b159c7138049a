/** Entries of the tables of a qcow2 image: 64 bits, big-endian, as two words. */

/** The high word, then the low one; unsigned. */
export type Entry = readonly [number, number]

// Bits of the high word of entries of L1 and L2 tables.
const copied = 0x8000_0000
const compressed = 0x4000_0000
const offsetHigh = 0x00ff_ffff
/** Of the low word of an L2 entry: the cluster reads as zeroes. */
const zeroFlag = 1
const offsetLow = 0xffff_fe00
/** Of an offset's high word: above it a number does not hold it exactly. No file is so large. */
const mostHigh = 2 ** 21

/** Where a cluster of the disk is. `host`: the offset in the file. `isOwn`: nothing else refers to it, so it may be written in place. */
export type Mapping =
	| Readonly<{kind: 'unallocated'}>
	| Readonly<{kind: 'data'; host: number; isOwn: boolean}>
	/** @property host a cluster that is set aside for it. */
	| Readonly<{kind: 'zero'; host: number | undefined; isOwn: boolean}>
	/** @property bytes that the compressed data has at most. */
	| Readonly<{kind: 'compressed'; host: number; bytes: number}>

export function entryAt(table: Buffer, index: number): Entry {
	return [table.readUInt32BE(index * 8), table.readUInt32BE(index * 8 + 4)]
}

export function setEntry(table: Buffer, index: number, [high, low]: Entry): void {
	table.writeUInt32BE(high >>> 0, index * 8)
	table.writeUInt32BE(low >>> 0, index * 8 + 4)
}

/** The offset in an entry of an L1 or refcount table. @throws if it is none of a cluster. */
export function offsetOf([high, low]: Entry, clusterBytes: number): number {
	const masked = high & offsetHigh
	const offset = masked * 2 ** 32 + ((low & offsetLow) >>> 0)
	if (masked >= mostHigh || offset % clusterBytes !== 0) throw new Error('a table of the image names no cluster')
	return offset
}

/** Whether the refcount of what the entry of an L1 table names is 1. */
export function isOwned([high]: Entry): boolean {
	return (high & copied) !== 0
}

/** An entry of an L1 or L2 table for a cluster with refcount 1; of a refcount table without the flag. */
export function ownEntry(offset: number): Entry {
	const [high, low] = plainEntry(offset)
	return [(high | copied) >>> 0, low]
}

export function plainEntry(offset: number): Entry {
	return [Math.floor(offset / 2 ** 32), offset % 2 ** 32]
}

export const unallocatedEntry: Entry = [0, 0]
/** @param host a cluster that stays set aside. */
export function zeroEntry(host?: number): Entry {
	if (host === undefined) return [0, zeroFlag]
	const [high, low] = ownEntry(host)
	return [high, low | zeroFlag]
}

/** @param entry of an L2 table. @throws if it names no cluster. */
export function mappingOf(entry: Entry, {clusterBits, version}: {clusterBits: number; version: 2 | 3}): Mapping {
	const [high, low] = entry
	if (high & compressed) return compressedMapping(entry, clusterBits)
	const host = offsetOf(entry, 2 ** clusterBits)
	const isOwn = isOwned(entry)
	if (version === 3 && low & zeroFlag) return {kind: 'zero', host: host || undefined, isOwn: isOwn && host !== 0}
	return host === 0 ? {kind: 'unallocated'} : {kind: 'data', host, isOwn}
}

/** Bits 0 … x − 1 are the offset, x … 61 the number of further sectors of 512 bytes; x = 62 − (clusterBits − 8). */
function compressedMapping([high, low]: Entry, clusterBits: number): Mapping {
	const offsetBits = 70 - clusterBits
	const highBits = offsetBits - 32
	const [offsetWord, sectors] = [(high & (2 ** highBits - 1)) >>> 0, (high & 0x3fff_ffff) >>> highBits]
	if (offsetWord >= mostHigh) throw new Error('a table of the image names no cluster')
	const host = offsetWord * 2 ** 32 + low
	return {kind: 'compressed', host, bytes: (sectors + 1) * 512 - (host % 512)}
}
