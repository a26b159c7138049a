/** ELF executables for RISC-V. ELF-64 object file format 1.5; RISC-V ELF psABI, "File Header". */
import {expected, type UserError} from '../../errors.ts'
import {type Gpa, ramBase} from '../../memory/index.ts'
import type {BootFile} from './boot-file.ts'
import type {Segment} from './boot-plan.ts'
import {hex} from './ram-range.ts'

/** `bootargs`: the command line that it gets if the user gives none. */
export type Loaded = Readonly<{segments: readonly Segment[]; entry: Gpa; bootargs?: string; elf?: Uint8Array}>

export type LoadedElf = Readonly<{
	segments: readonly Segment[]
	/** `e_entry` as a physical address; undefined if it lies in no segment. */
	entry: Gpa | undefined
	/** The lowest address that is loaded. */
	lowest: Gpa
}>

const magic = 0x7f45_4c46
const Class = {offset: 4, bits64: 2} as const
const Data = {offset: 5, littleEndian: 1} as const
const Header = {
	type: 16,
	machine: 18,
	entry: 24,
	programHeaders: 32,
	programHeaderSize: 54,
	programHeaderCount: 56,
	size: 64,
}
const ProgramHeader = {type: 0, flags: 4, offset: 8, gva: 16, gpa: 24, fileSize: 32, memorySize: 40, size: 56}
const Type = {executable: 2, dynamic: 3} as const
const [loadable, note] = [1, 4]
const executableFlag = 1
const riscv = 243

const typeNames: Readonly<Record<number, string>> = {0: 'none', 1: 'relocatable', 4: 'core dump'}
const machineNames: Readonly<Record<number, string>> = {
	3: 'x86',
	8: 'MIPS',
	20: 'PowerPC',
	21: 'PowerPC 64',
	22: 'S390',
	40: 'ARM',
	43: 'SPARC 64',
	62: 'x86-64',
	183: 'AArch64',
	247: 'BPF',
	258: 'LoongArch',
}

export function isElf(bytes: Uint8Array): boolean {
	return bytes.length >= 4 && viewOf(bytes).getUint32(0) === magic
}

/**
 * Loads segments at their physical addresses. A position-independent file linked below RAM moves to the start of RAM.
 * What else lies below RAM is left out, as in QEMU, if the program cannot miss it: ELF headers, notes, and zeros.
 * @param name for messages, for example `the kernel`.
 * @throws UserError if the file is truncated, for another machine, or not an executable, or has contents below RAM.
 */
export function loadElf({option, path, bytes}: BootFile, name: string): LoadedElf {
	const wrong = (what: string, got: string): UserError => expected(`${what} for ${option}`, `${got}: ${path}`)
	if (bytes.length < Header.size) throw wrong(`an ELF header of ${Header.size} bytes`, `${bytes.length} bytes`)
	const view = viewOf(bytes)
	if (bytes[Class.offset] !== Class.bits64) throw wrong('a 64-bit ELF', 'a 32-bit one')
	if (bytes[Data.offset] !== Data.littleEndian) throw wrong('a little-endian ELF', 'a big-endian one')
	const machine = view.getUint16(Header.machine, true)
	if (machine !== riscv) {
		throw wrong('an ELF for RISC-V (EM_RISCV 243)', `${machineNames[machine] ?? 'another machine'} (${machine})`)
	}
	const type = view.getUint16(Header.type, true)
	if (type !== Type.executable && type !== Type.dynamic) {
		throw wrong('an executable ELF (ET_EXEC or ET_DYN)', `type ${type} (${typeNames[type] ?? 'unknown'})`)
	}
	const all = programHeaders(view, wrong)
	const headers = all.filter((header) => header.type === loadable && header.memorySize > 0)
	if (headers.length === 0) throw wrong('an ELF with a segment to load', 'none')
	const lowestLinked = Math.min(...headers.map(({gpa}) => gpa))
	const bias = type === Type.dynamic && lowestLinked < ramBase ? ramBase - lowestLinked : 0
	const mayMiss = [
		{offset: 0, fileSize: Header.size},
		{offset: asNumber(view, Header.programHeaders), fileSize: ProgramHeader.size * all.length},
		...all.filter((header) => header.type === note),
	]
	const segments = headers.flatMap((header): Segment[] => {
		const {offset, fileSize, memorySize} = header
		const gpa = header.gpa + bias
		const below = Math.min(Math.max(ramBase - gpa, 0), memorySize)
		const missed = {offset, fileSize: Math.min(below, fileSize)}
		if (!isZero(bytes, missed, mayMiss)) {
			const segment = `segment ${all.indexOf(header)} at ${hex(gpa)}`
			throw wrong(`an ELF with contents only in guest memory, from ${hex(ramBase)} on`, segment)
		}
		const rest = {name, gpa: gpa + below, bytes: bytes.subarray(offset + missed.fileSize, offset + fileSize)}
		return below === memorySize ? [] : [{...rest, size: memorySize - below}]
	})
	if (segments.length === 0) throw wrong(`an ELF with a segment in guest memory, from ${hex(ramBase)} on`, 'none')
	const entry = physicalEntry(asNumber(view, Header.entry), headers) + bias
	const isLoaded = segments.some(({gpa, size}) => entry >= gpa && entry < gpa + size)
	return {segments, entry: isLoaded ? entry : undefined, lowest: Math.min(...segments.map(({gpa}) => gpa))}
}

type FileRange = Readonly<{offset: number; fileSize: number}>

/** Whether a range of the file is zero but for what lies in `ignored`. */
function isZero(bytes: Uint8Array, {offset, fileSize}: FileRange, ignored: readonly FileRange[]): boolean {
	const rest = new Uint8Array(bytes.subarray(offset, offset + fileSize))
	const within = (at: number) => Math.min(Math.max(at - offset, 0), rest.length)
	for (const range of ignored) rest.fill(0, within(range.offset), within(range.offset + range.fileSize))
	return rest.every((byte) => byte === 0)
}

type LoadHeader = Readonly<{
	type: number
	flags: number
	offset: number
	gva: number
	gpa: number
	fileSize: number
	memorySize: number
}>

function programHeaders(view: DataView, wrong: (what: string, got: string) => UserError): LoadHeader[] {
	const start = asNumber(view, Header.programHeaders)
	const entrySize = view.getUint16(Header.programHeaderSize, true)
	const count = view.getUint16(Header.programHeaderCount, true)
	if (count > 0 && entrySize < ProgramHeader.size) {
		throw wrong(`ELF program headers of ${ProgramHeader.size} bytes`, `${entrySize}`)
	}
	const end = start + count * entrySize
	if (end > view.byteLength)
		throw wrong(`a whole ELF, with program headers up to ${hex(end)}`, `${view.byteLength} bytes`)
	return Array.from({length: count}, (_, index) => {
		const at = start + index * entrySize
		const field = (offset: number) => asNumber(view, at + offset)
		const header: LoadHeader = {
			type: view.getUint32(at + ProgramHeader.type, true),
			flags: view.getUint32(at + ProgramHeader.flags, true),
			offset: field(ProgramHeader.offset),
			gva: field(ProgramHeader.gva),
			gpa: field(ProgramHeader.gpa),
			fileSize: field(ProgramHeader.fileSize),
			memorySize: field(ProgramHeader.memorySize),
		}
		if (header.type !== loadable) return header
		const fileEnd = header.offset + header.fileSize
		if (fileEnd > view.byteLength) {
			throw wrong(`a whole ELF, with segment ${index} up to byte ${fileEnd}`, `${view.byteLength} bytes`)
		}
		if (header.fileSize > header.memorySize) {
			throw wrong(
				`ELF segment ${index} no larger in the file than in memory`,
				`${header.fileSize} > ${header.memorySize}`,
			)
		}
		return header
	})
}

/** Harts start without address translation: an entry that is a virtual address is translated by its segment. */
function physicalEntry(entry: number, headers: readonly LoadHeader[]): Gpa {
	const owner = headers.find(
		({flags, gva, memorySize}) => flags & executableFlag && entry >= gva && entry < gva + memorySize,
	)
	return owner ? entry - owner.gva + owner.gpa : entry
}

/** Values above 2^53 are rounded. The range checks still refuse them, since there is no RAM. */
function asNumber(view: DataView, offset: number): number {
	return Number(view.getBigUint64(offset, true))
}

function viewOf(bytes: Uint8Array): DataView {
	return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
