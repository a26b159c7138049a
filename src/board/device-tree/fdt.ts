/** The flattened device tree, version 17: writer and reader. Devicetree specification 0.4, chapter 5. */
import {expected} from '../../errors.ts'

/** A property: text, a list of texts, 32-bit cells, raw bytes, or `true` for one without a value. */
export type FdtValue = string | readonly string[] | readonly number[] | Uint8Array | true
export type FdtNode = Readonly<{
	name: string
	properties: Readonly<Record<string, FdtValue>>
	children?: readonly FdtNode[]
}>

/** Memory that a kernel must leave alone. Devicetree specification 0.4, "Memory Reservation Block". */
export type FdtReservation = Readonly<{address: bigint; size: bigint}>

/** What a blob says besides its tree. */
export type FdtExtras = Readonly<{
	reservations: readonly FdtReservation[]
	/** The hart id of the hart that boots. */
	bootCpu: number
}>

const magic = 0xd00d_feed
const version = 17
const lastCompatibleVersion = 16
const headerBytes = 40
const reservationBytes = 16
const Token = {beginNode: 1, endNode: 2, property: 3, nop: 4, end: 9} as const

/** @param root the node named ''. @returns the blob. */
export function writeFdt(
	root: FdtNode,
	{reservations, bootCpu}: FdtExtras = {reservations: [], bootCpu: 0},
): Uint8Array<ArrayBuffer> {
	const structure: number[] = []
	const strings: number[] = []
	const stringOffsets = new Map<string, number>()
	const pushCell = (cell: number) => structure.push(cell >>> 24, (cell >>> 16) & 0xff, (cell >>> 8) & 0xff, cell & 0xff)
	const pushPadded = (bytes: Uint8Array) => {
		for (const byte of bytes) structure.push(byte)
		while (structure.length % 4 !== 0) structure.push(0)
	}
	const stringOffset = (name: string) => {
		const known = stringOffsets.get(name)
		if (known !== undefined) return known
		const offset = strings.length
		stringOffsets.set(name, offset)
		strings.push(...text(name))
		return offset
	}
	const pushNode = ({name, properties, children = []}: FdtNode) => {
		pushCell(Token.beginNode)
		pushPadded(text(name))
		for (const [property, value] of Object.entries(properties)) {
			const bytes = encode(value)
			pushCell(Token.property)
			pushCell(bytes.length)
			pushCell(stringOffset(property))
			pushPadded(bytes)
		}
		for (const child of children) pushNode(child)
		pushCell(Token.endNode)
	}
	pushNode(root)
	pushCell(Token.end)

	// The last reservation is followed by an empty one.
	const structureOffset = headerBytes + reservationBytes * (reservations.length + 1)
	const stringsOffset = structureOffset + structure.length
	const blob = new Uint8Array(stringsOffset + strings.length)
	const header = [
		magic,
		blob.length,
		structureOffset,
		stringsOffset,
		headerBytes,
		version,
		lastCompatibleVersion,
		bootCpu,
		strings.length,
		structure.length,
	]
	blob.set(cells(header))
	const view = new DataView(blob.buffer)
	for (const [index, {address, size}] of reservations.entries()) {
		view.setBigUint64(headerBytes + reservationBytes * index, address)
		view.setBigUint64(headerBytes + reservationBytes * index + 8, size)
	}
	blob.set(structure, structureOffset)
	blob.set(strings, stringsOffset)
	return blob
}

/** A node that was read: its properties as bytes, and methods that decode them. */
export class Fdt {
	readonly name: string
	readonly properties: ReadonlyMap<string, Uint8Array>
	readonly children: readonly Fdt[]

	constructor(name: string, properties: ReadonlyMap<string, Uint8Array>, children: readonly Fdt[]) {
		this.name = name
		this.properties = properties
		this.children = children
	}

	/** @param path names separated by slashes; '/' is this node. @returns undefined if there is no such node. */
	find(path: string): Fdt | undefined {
		const names = path.split('/').filter(Boolean)
		return names.reduce<Fdt | undefined>((node, name) => node?.children.find((child) => child.name === name), this)
	}

	cells(property: string): number[] | undefined {
		const bytes = this.properties.get(property)
		if (!bytes) return undefined
		const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
		return Array.from({length: bytes.length >> 2}, (_, index) => view.getUint32(index * 4))
	}

	strings(property: string): string[] | undefined {
		const bytes = this.properties.get(property)
		return bytes && new TextDecoder().decode(bytes).replace(/\0$/, '').split('\0')
	}
}

/** @returns the root. @throws UserError if the bytes are not a complete device tree of a version that this can read. */
export function readFdt(blob: Uint8Array): Fdt {
	const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength)
	if (blob.length < headerBytes || view.getUint32(0) !== magic) throw expected('a flattened device tree', 'other bytes')
	const [totalSize, structureOffset, stringsOffset] = [view.getUint32(4), view.getUint32(8), view.getUint32(12)]
	if (totalSize > blob.length) throw expected(`a device tree of ${totalSize} bytes`, `${blob.length} bytes`)
	// Version 16 lacks only the size of the structure block.
	if (view.getUint32(20) < lastCompatibleVersion || view.getUint32(24) > version) {
		throw expected(`a device tree of version ${lastCompatibleVersion} or ${version}`, view.getUint32(20))
	}
	try {
		return new FdtReader(blob.subarray(0, totalSize), {structureOffset, stringsOffset}).read()
	} catch (error) {
		if (error instanceof RangeError) throw expected('a whole device tree', 'one that runs past its end')
		throw error
	}
}

/** @param blob that readFdt() has read. @throws UserError if the reservations run past its end. */
export function readFdtExtras(blob: Uint8Array): FdtExtras {
	const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength)
	const reservations: FdtReservation[] = []
	for (let at = view.getUint32(16); ; at += reservationBytes) {
		if (at + reservationBytes > blob.length) throw expected('a whole device tree', 'one whose reservations do not end')
		const [address, size] = [view.getBigUint64(at), view.getBigUint64(at + 8)]
		if (address === 0n && size === 0n) return {reservations, bootCpu: view.getUint32(28)}
		reservations.push({address, size})
	}
}

/** @returns the bytes of a blob that its header counts: a file may be longer, as QEMU's dumps are. */
export function trimFdt(blob: Uint8Array): Uint8Array {
	return blob.subarray(0, new DataView(blob.buffer, blob.byteOffset, blob.byteLength).getUint32(4))
}

class FdtReader {
	readonly #blob: Uint8Array
	readonly #view: DataView
	readonly #stringsOffset: number
	#at: number

	constructor(blob: Uint8Array, {structureOffset, stringsOffset}: {structureOffset: number; stringsOffset: number}) {
		this.#blob = blob
		this.#view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength)
		this.#stringsOffset = stringsOffset
		this.#at = structureOffset
	}

	read(): Fdt {
		if (this.#token() !== Token.beginNode) throw expected('a root node in the device tree', 'none')
		const root = this.#node()
		if (this.#token() !== Token.end) throw expected('one root node in the device tree', 'more')
		return root
	}

	#node(): Fdt {
		const name = this.#text(this.#at)
		this.#at = align4(this.#at + name.length + 1)
		const properties = new Map<string, Uint8Array>()
		const children: Fdt[] = []
		for (;;) {
			const token = this.#token()
			if (token === Token.endNode) return new Fdt(name, properties, children)
			if (token === Token.beginNode) children.push(this.#node())
			else if (token === Token.property) {
				const [length, nameOffset] = [this.#cell(), this.#cell()]
				if (this.#at + length > this.#blob.length) throw new RangeError('property past the end')
				properties.set(this.#text(this.#stringsOffset + nameOffset), this.#blob.subarray(this.#at, this.#at + length))
				this.#at = align4(this.#at + length)
			} else throw expected('a device-tree token', token)
		}
	}

	#token(): number {
		for (;;) {
			const token = this.#cell()
			if (token !== Token.nop) return token
		}
	}

	/** @throws RangeError past the end, as DataView does. */
	#cell(): number {
		const cell = this.#view.getUint32(this.#at)
		this.#at += 4
		return cell
	}

	#text(offset: number): string {
		const end = this.#blob.indexOf(0, offset)
		if (end < 0) throw new RangeError('text past the end')
		return String.fromCharCode(...this.#blob.subarray(offset, end))
	}
}

function encode(value: FdtValue): Uint8Array {
	if (value === true) return new Uint8Array()
	if (typeof value === 'string') return text(value)
	if (value instanceof Uint8Array) return value
	return isTexts(value) ? Uint8Array.from(value.flatMap((item) => [...text(item)])) : cells(value)
}

function isTexts(value: readonly string[] | readonly number[]): value is readonly string[] {
	return typeof value[0] === 'string'
}

/** NUL-terminated. */
function text(value: string): Uint8Array {
	return new TextEncoder().encode(`${value}\0`)
}

function cells(values: readonly number[]): Uint8Array {
	const bytes = new Uint8Array(values.length * 4)
	const view = new DataView(bytes.buffer)
	for (const [index, value] of values.entries()) view.setUint32(index * 4, value)
	return bytes
}

function align4(offset: number): number {
	return (offset + 3) & ~3
}
