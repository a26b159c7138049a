/** Writes ELF executables for RISC-V. ELF-64 object file format 1.5; RISC-V ELF psABI, "File Header". */

export type ElfSegment = Readonly<{
	gpa: number
	bytes: Uint8Array
	/** Bytes in memory, with the zeroes; default: as many as `bytes`. */
	size?: number
}>

const headerBytes = 64
const programHeaderBytes = 56
const pageBytes = 4096
const [executable, riscv, loadable, readWriteExecute] = [2, 243, 1, 7]
/** Double-precision floating-point ABI, compressed instructions. */
const flags = 5

export function writeElf({entry, segments}: {entry: number; segments: readonly ElfSegment[]}): Uint8Array {
	const starts: number[] = []
	let end = headerBytes + segments.length * programHeaderBytes
	for (const {bytes} of segments) {
		const start = Math.ceil(end / pageBytes) * pageBytes
		starts.push(start)
		end = start + bytes.length
	}
	const file = new Uint8Array(end)
	const view = new DataView(file.buffer)
	const put64 = (at: number, value: number) => view.setBigUint64(at, BigInt(value), true)
	const put32 = (at: number, value: number) => view.setUint32(at, value, true)
	const put16 = (at: number, value: number) => view.setUint16(at, value, true)
	// e_ident: magic, 64 bits, little-endian, version 1.
	file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
	put16(16, executable)
	put16(18, riscv)
	put32(20, 1)
	put64(24, entry)
	put64(32, headerBytes)
	put32(48, flags)
	put16(52, headerBytes)
	put16(54, programHeaderBytes)
	put16(56, segments.length)
	for (const [index, {gpa, bytes, size = bytes.length}] of segments.entries()) {
		const at = headerBytes + index * programHeaderBytes
		const start = starts[index]!
		put32(at, loadable)
		put32(at + 4, readWriteExecute)
		put64(at + 8, start)
		put64(at + 16, gpa)
		put64(at + 24, gpa)
		put64(at + 32, bytes.length)
		put64(at + 40, size)
		put64(at + 48, pageBytes)
		file.set(bytes, start)
	}
	return file
}
