/** The test image: runtime, programs, and the ELF file around them. */
import {place, save} from './layout.ts'
import {type Program, programBytes, programImage} from './program.ts'
import {assembleRuntime, assembleStub} from './runtime.ts'

export type ImageOptions = Readonly<{
	/** Whole records, or only their digests. */
	output: 'records' | 'digests'
}>

const runtime = assembleRuntime()
const stub = assembleStub()

/** @returns an ELF executable that runs the programs in turn. */
export function makeImage(programs: readonly Program[], {output}: ImageOptions): Uint8Array {
	const table = 8 * (programs.length + 1)
	const offset = (gpa: bigint) => Number(gpa - place.runtime)
	let end = Math.ceil((offset(place.programs) + table) / 4096) * 4096
	const starts = programs.map((program) => {
		const start = end
		end += programBytes(program)
		return start
	})
	const image = new Uint8Array(end)
	const view = new DataView(image.buffer)
	for (const [index, word] of runtime.entries()) view.setUint32(4 * index, word, true)
	for (const [index, word] of stub.entries()) view.setUint32(offset(place.stub) + 4 * index, word, true)
	view.setBigUint64(offset(place.save) + save.verbose, output === 'records' ? 1n : 0n, true)
	for (const [index, program] of programs.entries()) {
		const gpa = place.runtime + BigInt(starts[index]!)
		view.setBigUint64(offset(place.programs) + 8 * index, gpa, true)
		image.set(programImage(program, gpa), starts[index]!)
	}
	return makeElf(image)
}

/** ELF-64 object file format 1.5: an executable of one segment at the start of RAM. */
function makeElf(segment: Uint8Array): Uint8Array {
	const [headerBytes, programHeaderBytes] = [64, 56]
	const file = new Uint8Array(headerBytes + programHeaderBytes + segment.length)
	const view = new DataView(file.buffer)
	const [bits64, littleEndian, version, executable, riscv] = [2, 1, 1, 2, 243]
	file.set([0x7f, 0x45, 0x4c, 0x46, bits64, littleEndian, version])
	view.setUint16(16, executable, true)
	view.setUint16(18, riscv, true)
	view.setUint32(20, version, true)
	view.setBigUint64(24, place.runtime, true)
	view.setBigUint64(32, BigInt(headerBytes), true)
	view.setUint16(52, headerBytes, true)
	view.setUint16(54, programHeaderBytes, true)
	view.setUint16(56, 1, true)
	const [loadable, readWriteExecute] = [1, 7]
	view.setUint32(64, loadable, true)
	view.setUint32(68, readWriteExecute, true)
	const length = BigInt(segment.length)
	const fields = [BigInt(headerBytes + programHeaderBytes), place.runtime, place.runtime, length, length, 4096n]
	for (const [index, value] of fields.entries()) view.setBigUint64(72 + 8 * index, value, true)
	file.set(segment, headerBytes + programHeaderBytes)
	return file
}
