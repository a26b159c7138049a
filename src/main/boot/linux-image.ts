/** The Linux `Image` for RISC-V, often also a PE file. Linux, Documentation/arch/riscv/boot-image-header.rst. */
import {expected} from '../../errors.ts'
import type {BootFile} from './boot-file.ts'

export type LinuxImage = Readonly<{
	/** From the start of RAM, in bytes. */
	textOffset: number
	/** Bytes in memory, including those that are not in the file. */
	size: number
}>

const Header = {textOffset: 8, imageSize: 16, magic: 56, pe: 60, size: 64} as const
/** "RSC\x05". */
const magic = 0x0543_5352
/** "MZ". */
const dosMagic = 0x5a4d
/** "PE\0\0". */
const peMagic = 0x4550
const Pe = {machine: 4, sectionCount: 6, optionalHeaderSize: 20, optionalHeader: 24} as const
const Section = {rawSize: 16, rawOffset: 20, size: 40} as const
const peRiscv64 = 0x5064
const peMachines: Readonly<Record<number, string>> = {
	332: 'x86',
	34404: 'x86-64',
	43620: 'AArch64',
	450: 'ARM',
	25188: 'LoongArch',
}

/**
 * @returns undefined if the file is not an Image.
 * @throws UserError if it is for another machine, or truncated.
 */
export function readLinuxImage({option, path, bytes}: BootFile): LinuxImage | undefined {
	if (bytes.length < Header.size) return undefined
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
	const pe = view.getUint16(0, true) === dosMagic ? readPe(view) : undefined
	if (pe && pe.machine !== peRiscv64) {
		const got = `${peMachines[pe.machine] ?? 'another machine'} (PE machine 0x${pe.machine.toString(16)})`
		throw expected(`a kernel for RISC-V for ${option}`, `${got}: ${path}`)
	}
	if (view.getUint32(Header.magic, true) !== magic) return undefined
	if (pe && pe.end > bytes.length) {
		throw expected(`a whole kernel of ${pe.end} bytes for ${option}`, `${bytes.length} bytes: ${path}`)
	}
	const imageSize = Number(view.getBigUint64(Header.imageSize, true))
	return {
		textOffset: Number(view.getBigUint64(Header.textOffset, true)),
		size: Math.max(imageSize, bytes.length),
	}
}

/** @returns the machine, and the file offset where the last section ends; undefined if there is no PE header. */
function readPe(view: DataView): {machine: number; end: number} | undefined {
	const start = view.getUint32(Header.pe, true)
	if (start + Pe.optionalHeader > view.byteLength || view.getUint32(start, true) !== peMagic) return undefined
	const machine = view.getUint16(start + Pe.machine, true)
	const sections = start + Pe.optionalHeader + view.getUint16(start + Pe.optionalHeaderSize, true)
	const count = view.getUint16(start + Pe.sectionCount, true)
	let end = sections + count * Section.size
	if (end > view.byteLength) return {machine, end}
	for (let at = sections; at < sections + count * Section.size; at += Section.size) {
		end = Math.max(end, view.getUint32(at + Section.rawOffset, true) + view.getUint32(at + Section.rawSize, true))
	}
	return {machine, end}
}
