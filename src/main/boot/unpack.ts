/** Unpacks compressed kernels: gzip and zstd files, and EFI zboot images that contain either. */
import {promisify} from 'node:util'
// As a whole: an older Node, which lacks one of the names, must be able to say that it is too old.
import zlib from 'node:zlib'
import {expected} from '../../errors.ts'
import type {BootFile} from './boot-file.ts'

type Unpack = (bytes: Uint8Array, options: {maxOutputLength: number}) => Promise<Uint8Array>

type Compression = Readonly<{
	name: string
	magic: readonly number[]
	/** Undefined: not supported, and recognized only for the message. */
	unpack?: Unpack
}>

const compressions: readonly Compression[] = [
	{name: 'gzip', magic: [0x1f, 0x8b], unpack: promisify(zlib.gunzip) as Unpack},
	{name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd], unpack: promisify(zlib.zstdDecompress) as Unpack},
	{name: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a]},
	{name: 'bzip2', magic: [0x42, 0x5a, 0x68]},
	{name: 'lz4', magic: [0x04, 0x22, 0x4d, 0x18]},
	{name: 'lz4', magic: [0x02, 0x21, 0x4c, 0x18]},
	{name: 'lzo', magic: [0x89, 0x4c, 0x5a, 0x4f]},
	{name: 'lzma', magic: [0x5d, 0x00, 0x00]},
]

/** Linux, drivers/firmware/efi/libstub/zboot-header.S. */
const Zboot = {magic: 4, payloadOffset: 8, payloadSize: 12, headerSize: 24} as const
/** "zimg". */
const zbootMagic = 0x676d_697a

/**
 * @param limit bytes of the unpacked file at most.
 * @returns the file itself if it is not compressed.
 * @throws UserError if it is damaged, larger, or of a format that is not supported.
 */
export async function unpackKernel(file: BootFile, limit: number): Promise<BootFile> {
	const payload = zbootPayload(file)
	const packed = payload ?? file.bytes
	const compression = compressions.find(({magic}) => magic.every((byte, index) => packed[index] === byte))
	if (!compression) {
		if (payload) throw expected(`a zboot kernel packed by gzip or zstd for ${file.option}`, `another one: ${file.path}`)
		return file
	}
	const {name, unpack} = compression
	if (!unpack)
		throw expected(`a kernel packed by gzip or zstd, or not at all, for ${file.option}`, `${name}: ${file.path}`)
	try {
		return {...file, bytes: await unpack(packed, {maxOutputLength: limit})}
	} catch (error) {
		const {code} = error as NodeJS.ErrnoException
		if (code === 'ERR_BUFFER_TOO_LARGE') {
			throw expected(`${file.option} that unpacks to at most ${limit} bytes (the guest's memory)`, `more: ${file.path}`)
		}
		throw expected(`a whole ${name}-packed kernel for ${file.option}`, `${(error as Error).message}: ${file.path}`)
	}
}

function zbootPayload({option, path, bytes}: BootFile): Uint8Array | undefined {
	if (bytes.length < Zboot.headerSize) return undefined
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
	if (view.getUint32(Zboot.magic, true) !== zbootMagic) return undefined
	const start = view.getUint32(Zboot.payloadOffset, true)
	const end = start + view.getUint32(Zboot.payloadSize, true)
	if (end > bytes.length)
		throw expected(`a whole zboot kernel of ${end} bytes for ${option}`, `${bytes.length}: ${path}`)
	return bytes.subarray(start, end)
}
