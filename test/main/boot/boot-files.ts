/** Small files for tests of booting: ELFs, Images and zboot images, in temporary folders. */
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {ExecutionContext} from 'ava'

/** Writes a file that is removed at the end of the test. @returns its path. */
export async function temporaryFile(t: ExecutionContext, bytes: Uint8Array | string, name = 'file'): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-boot-'))
	t.teardown(() => rm(folder, {recursive: true}))
	const path = join(folder, name)
	await writeFile(path, bytes)
	return path
}

export type ElfSegment = {
	gpa: number
	gva?: number
	bytes: Uint8Array
	size?: number
	type?: number
	flags?: number
	/** Where it lies in the file, if not where `bytes` are put. */
	offset?: number
	fileSize?: number
}
export type ElfOptions = {
	segments?: readonly ElfSegment[]
	entry?: number
	machine?: number
	type?: number
	bits?: 32 | 64
	endian?: 'little' | 'big'
}

export const program = Uint8Array.of(0x6f, 0, 0, 0)

export function makeElf(options: ElfOptions = {}): Buffer {
	const {segments = [{gpa: 0x8000_0000, bytes: program}], entry = 0x8000_0000} = options
	const headers = 64 + 56 * segments.length
	const file = Buffer.alloc(headers + segments.reduce((sum, {bytes}) => sum + bytes.length, 0))
	file.set([0x7f, 0x45, 0x4c, 0x46, options.bits === 32 ? 1 : 2, options.endian === 'big' ? 2 : 1, 1])
	file.writeUInt16LE(options.type ?? 2, 16)
	file.writeUInt16LE(options.machine ?? 243, 18)
	file.writeBigUInt64LE(BigInt(entry), 24)
	file.writeBigUInt64LE(64n, 32)
	file.writeUInt16LE(56, 54)
	file.writeUInt16LE(segments.length, 56)
	let at = headers
	segments.forEach((segment, index) => {
		const {gpa, gva = gpa, bytes, type = 1, flags = 5, offset = at, fileSize = bytes.length, size = fileSize} = segment
		const header = 64 + 56 * index
		file.writeUInt32LE(type, header)
		file.writeUInt32LE(flags, header + 4)
		for (const [field, value] of [offset, gva, gpa, fileSize, size].entries()) {
			file.writeBigUInt64LE(BigInt(value), header + 8 + 8 * field)
		}
		file.set(bytes, at)
		at += bytes.length
	})
	return file
}

export type ImageOptions = {
	length?: number
	imageSize?: number
	textOffset?: number
	pe?: {machine?: number; end?: number}
}

/** A Linux Image; with `pe`, it has a PE header with one section. */
export function makeImage({length = 512, imageSize = length, textOffset = 0x20_0000, pe}: ImageOptions = {}): Buffer {
	const file = Buffer.alloc(length, 0xa5)
	file.fill(0, 0, Math.min(length, 256))
	file.writeBigUInt64LE(BigInt(textOffset), 8)
	file.writeBigUInt64LE(BigInt(imageSize), 16)
	file.write('RISCV', 48)
	file.write('RSC\x05', 56)
	if (pe) {
		file.write('MZ', 0)
		file.writeUInt32LE(64, 60)
		file.write('PE', 64)
		file.writeUInt16LE(pe.machine ?? 0x5064, 68)
		file.writeUInt16LE(1, 70)
		file.writeUInt16LE(0, 84)
		file.writeUInt32LE((pe.end ?? length) - 256, 88 + 16)
		file.writeUInt32LE(256, 88 + 20)
	}
	return file
}

/** An EFI zboot image with a compressed payload. */
export function makeZboot(payload: Uint8Array): Buffer {
	const header = Buffer.alloc(64)
	header.write('MZ\0\0zimg')
	header.writeUInt32LE(64, 8)
	header.writeUInt32LE(payload.length, 12)
	return Buffer.concat([header, payload])
}
