/** The header of a qcow2 image, versions 2 and 3. QEMU's docs/interop/qcow2.txt. */
import {UserError} from '../../errors.ts'
import {sectorBytes} from '../disk-image.ts'
import type {ImageFile} from '../image-file.ts'
import {type Entry, entryAt} from './entries.ts'

const magic = 0x5146_49fb
const [leastClusterBits, mostClusterBits] = [9, 21]
/** As QEMU has them. */
const [mostL1Bytes, mostRefcountTableBytes] = [32 * 2 ** 20, 8 * 2 ** 20]
export const mostBackingName = 1023

export const Incompatible = {dirty: 1, corrupt: 2, externalData: 4, compressionType: 8, extendedL2: 16} as const
const knownIncompatible = Incompatible.dirty | Incompatible.compressionType
/** By bit, for messages; QEMU's names. */
const refusedFeatures: readonly (readonly [number, string])[] = [
	[Incompatible.corrupt, 'is marked as corrupt; see qemu-img check'],
	[Incompatible.externalData, 'keeps its data in another file, which is not supported'],
	[Incompatible.extendedL2, 'has extended L2 entries, which are not supported'],
]
export const backingFormatExtension = 0xe279_2aca
const bitmapsExtension = 0x2385_2875
export const headerField = {
	incompatible: 72,
	autoclear: 88,
	refcountTableOffset: 48,
	l1TableOffset: 40,
} as const

export type Qcow2Header = Readonly<{
	version: 2 | 3
	clusterBits: number
	/** Bytes of the disk. */
	size: number
	l1: Readonly<{offset: number; entries: number}>
	refcountTable: Readonly<{offset: number; clusters: number}>
	/** Bits of a refcount: 2 to this power. */
	refcountOrder: number
	snapshots: Readonly<{count: number; offset: number}>
	incompatible: number
	/** Both words are 0 if nothing must be cleared. */
	autoclear: readonly [number, number]
	compression: 'deflate' | 'zstd'
	backing: Readonly<{name: string; format: string | undefined}> | undefined
	hasBitmaps: boolean
}>

/** @param name of the image, for messages. @throws UserError for what is no qcow2 image that can be read. */
export async function readHeader(file: ImageFile, name: string): Promise<Qcow2Header> {
	const bytes = await file.size()
	const start = Buffer.alloc(112)
	await file.read(0, start)
	const fail = (why: string): never => {
		throw new UserError(`Expected a qcow2 image, got ${name}, ${why}`)
	}
	if (start.readUInt32BE(0) !== magic) return fail('which has no header of qcow2')
	const version = start.readUInt32BE(4)
	if (version !== 2 && version !== 3) return fail(`which is of version ${version}`)
	const clusterBits = start.readUInt32BE(20)
	if (clusterBits < leastClusterBits || clusterBits > mostClusterBits)
		return fail(`whose clusters have 2^${clusterBits} bytes`)
	if (start.readUInt32BE(32) !== 0) return fail('which is encrypted')
	const isNew = version === 3
	const [unknownHigh, incompatible] = isNew ? entryAt(start, 9) : [0, 0]
	for (const [bit, why] of refusedFeatures) if (incompatible & bit) return fail(`which ${why}`)
	if (unknownHigh !== 0 || incompatible & ~knownIncompatible) return fail('which has features that are not known')
	const headerBytes = isNew ? start.readUInt32BE(100) : 72
	const clusterBytes = 2 ** clusterBits
	if (headerBytes < (isNew ? 104 : 72) || headerBytes > clusterBytes || headerBytes % 8 !== 0)
		return fail(`whose header has ${headerBytes} bytes`)
	const refcountOrder = isNew ? start.readUInt32BE(96) : 4
	if (refcountOrder > 6) return fail(`whose refcounts have 2^${refcountOrder} bits`)
	const compressionNumber = headerBytes > 104 ? start[104]! : 0
	if (compressionNumber > 1) return fail('whose compression is not known')
	if ((compressionNumber !== 0) !== ((incompatible & Incompatible.compressionType) !== 0))
		return fail('whose header says two things about compression')
	const size = numberOf(entryAt(start, 3)) ?? fail('which is too large')
	const l1 = {offset: offsetAt(start, headerField.l1TableOffset), entries: start.readUInt32BE(36)}
	const refcountTable = {offset: offsetAt(start, headerField.refcountTableOffset), clusters: start.readUInt32BE(56)}
	if (size > 2 ** 52) return fail('which is too large')
	if (l1.entries * 8 > mostL1Bytes) return fail('whose L1 table is too large')
	if (l1.entries < Math.ceil(size / 2 ** (2 * clusterBits - 3))) return fail('whose L1 table is too small')
	if (refcountTable.clusters * clusterBytes > mostRefcountTableBytes || refcountTable.clusters === 0)
		return fail('whose refcount table is of a wrong size')
	for (const [what, offset, length] of [
		['L1 table', l1.offset, l1.entries * 8],
		['refcount table', refcountTable.offset, refcountTable.clusters * clusterBytes],
	] as const) {
		if (!(offset % clusterBytes === 0 && (length === 0 || (offset > 0 && offset < bytes))))
			return fail(`whose ${what} is not in the file`)
	}
	const first = Buffer.alloc(clusterBytes)
	await file.read(0, first)
	const extensionsEnd = Math.min(offsetAt(start, 8) || clusterBytes, clusterBytes)
	const extensions = readExtensions(first.subarray(headerBytes, Math.max(headerBytes, extensionsEnd)))
	return {
		version,
		clusterBits,
		size: Math.ceil(size / sectorBytes) * sectorBytes,
		l1,
		refcountTable,
		refcountOrder,
		snapshots: {count: start.readUInt32BE(60), offset: offsetAt(start, 64)},
		incompatible,
		autoclear: isNew
			? [start.readUInt32BE(headerField.autoclear), start.readUInt32BE(headerField.autoclear + 4)]
			: [0, 0],
		compression: compressionNumber === 1 ? 'zstd' : 'deflate',
		backing: backingOf({first, extensions, fail}),
		hasBitmaps: extensions.has(bitmapsExtension),
	}
}

type BackingParts = Readonly<{
	/** The first cluster. */
	first: Buffer
	extensions: ReadonlyMap<number, Buffer>
	fail: (why: string) => never
}>

function backingOf({first, extensions, fail}: BackingParts): Qcow2Header['backing'] {
	const [offset, length] = [offsetAt(first, 8), first.readUInt32BE(16)]
	if (offset === 0 || length === 0) return undefined
	if (length > mostBackingName || offset + length > first.length) return fail('whose backing file has no proper name')
	const name = first.toString('utf8', offset, offset + length)
	if (name.includes('\0')) return fail('whose backing file has no proper name')
	return {name, format: extensions.get(backingFormatExtension)?.toString('utf8')}
}

/** @returns the data of the header's extensions by type. */
function readExtensions(bytes: Buffer): ReadonlyMap<number, Buffer> {
	const extensions = new Map<number, Buffer>()
	for (let at = 0; at + 8 <= bytes.length; ) {
		const [type, length] = [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)]
		if (type === 0 || at + 8 + length > bytes.length) break
		extensions.set(type, bytes.subarray(at + 8, at + 8 + length))
		at += 8 + Math.ceil(length / 8) * 8
	}
	return extensions
}

function offsetAt(bytes: Buffer, at: number): number {
	return numberOf([bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)]) ?? Number.POSITIVE_INFINITY
}

/** @returns undefined if a number does not hold it exactly. */
function numberOf([high, low]: Entry): number | undefined {
	return high < 2 ** 21 ? high * 2 ** 32 + low : undefined
}
