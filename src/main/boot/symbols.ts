/** The symbols of an ELF executable. ELF-64 object file format 1.5, "Symbol Table". */
import {isElf} from './elf.ts'

const Header = {sectionHeaders: 40, sectionHeaderSize: 58, sectionHeaderCount: 60, size: 64} as const
const SectionHeader = {type: 4, offset: 24, size: 32, link: 40, bytes: 64} as const
const symbolTable = 2
const SymbolEntry = {name: 0, info: 4, section: 6, value: 8, bytes: 24} as const
/** STT_NOTYPE and STT_FUNC: labels of assembly language have no type. */
const [untyped, func] = [0, 2]
/** Bytes behind a symbol at which an address is no longer named after it. */
const farthest = 2 ** 20

export class GuestSymbols {
	readonly #addresses: Float64Array
	readonly #names: readonly string[]

	/** @param symbols addresses as signed numbers: those of kernels are just below 0. */
	constructor(symbols: readonly Readonly<{address: number; name: string}>[]) {
		const sorted = symbols.toSorted((left, right) => left.address - right.address)
		this.#addresses = Float64Array.from(sorted, ({address}) => address)
		this.#names = sorted.map(({name}) => name)
	}

	/** @param high the address's upper word. @returns `name+0x1c`, or the address. */
	name(low: number, high: number): string {
		const address = high * 2 ** 32 + (low >>> 0)
		let [from, to] = [0, this.#addresses.length]
		while (from < to) {
			const middle = (from + to) >>> 1
			if (this.#addresses[middle]! <= address) from = middle + 1
			else to = middle
		}
		const distance = from === 0 ? farthest : address - this.#addresses[from - 1]!
		if (distance >= farthest) return hexadecimal(low, high)
		return distance === 0 ? this.#names[from - 1]! : `${this.#names[from - 1]}+0x${distance.toString(16)}`
	}

	get count(): number {
		return this.#names.length
	}
}

function hexadecimal(low: number, high: number): string {
	const text = (low >>> 0).toString(16)
	return high === 0 ? `0x${text}` : `0x${(high >>> 0).toString(16)}${text.padStart(8, '0')}`
}

/** @returns none if the file is no ELF, or has no whole symbol table: names are not worth an error. */
export function readSymbols(bytes: Uint8Array): GuestSymbols {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
	try {
		return new GuestSymbols(isElf(bytes) && bytes.length >= Header.size ? tableOf(bytes, view) : [])
	} catch (error) {
		if (error instanceof RangeError) return new GuestSymbols([])
		throw error
	}
}

function tableOf(bytes: Uint8Array, view: DataView): {address: number; name: string}[] {
	const first = Number(view.getBigUint64(Header.sectionHeaders, true))
	const headerBytes = view.getUint16(Header.sectionHeaderSize, true)
	const count = view.getUint16(Header.sectionHeaderCount, true)
	const section = (index: number) => {
		const at = first + index * headerBytes
		return {
			type: view.getUint32(at + SectionHeader.type, true),
			offset: Number(view.getBigUint64(at + SectionHeader.offset, true)),
			size: Number(view.getBigUint64(at + SectionHeader.size, true)),
			link: view.getUint32(at + SectionHeader.link, true),
		}
	}
	const sections = Array.from({length: count}, (_, index) => section(index))
	const table = sections.find(({type}) => type === symbolTable)
	if (!table) return []
	const names = sections[table.link]
	if (!names) return []
	const symbols: {address: number; name: string}[] = []
	for (let at = table.offset; at + SymbolEntry.bytes <= table.offset + table.size; at += SymbolEntry.bytes) {
		const type = view.getUint8(at + SymbolEntry.info) & 0xf
		if ((type !== func && type !== untyped) || view.getUint16(at + SymbolEntry.section, true) === 0) continue
		const name = textAt(bytes, names.offset + view.getUint32(at + SymbolEntry.name, true))
		// Not `$x`, and not labels that the assembler made.
		if (/^[A-Za-z_]/.test(name)) symbols.push({address: Number(view.getBigInt64(at + SymbolEntry.value, true)), name})
	}
	return symbols
}

function textAt(bytes: Uint8Array, offset: number): string {
	const end = bytes.indexOf(0, offset)
	return Buffer.from(bytes.subarray(offset, end < 0 ? undefined : end)).toString('latin1')
}
