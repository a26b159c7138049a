/** Compressed clusters: read, and kept for a while, since guests read them in parts. */
// Not by names: an older Node, which has no zstd, must be able to read this file, to say that it is too old.
import zlib from 'node:zlib'
import type {ImageFile} from '../image-file.ts'
import type {Mapping} from './entries.ts'

const keptBytes = 4 * 2 ** 20

export class CompressedClusters {
	readonly #file: ImageFile
	readonly #clusterBytes: number
	readonly #compression: 'deflate' | 'zstd'
	/** By the offset of the data; those used last are at the end. */
	readonly #kept = new Map<number, Promise<Buffer>>()

	constructor(file: ImageFile, options: {clusterBytes: number; compression: 'deflate' | 'zstd'}) {
		this.#file = file
		this.#clusterBytes = options.clusterBytes
		this.#compression = options.compression
	}

	/** @returns the whole cluster. @throws if it does not decompress to one. */
	async read({host, bytes}: Extract<Mapping, {kind: 'compressed'}>): Promise<Buffer> {
		const kept = this.#kept.get(host) ?? this.#decompress(host, bytes)
		this.#kept.delete(host)
		this.#kept.set(host, kept)
		const most = Math.max(1, keptBytes / this.#clusterBytes)
		for (const other of this.#kept.keys()) {
			if (this.#kept.size <= most) break
			this.#kept.delete(other)
		}
		try {
			return await kept
		} catch (error) {
			this.#kept.delete(host)
			throw error
		}
	}

	/** The place of a cluster was given up. */
	forget(host: number): void {
		this.#kept.delete(host)
	}

	async #decompress(host: number, bytes: number): Promise<Buffer> {
		const compressed = Buffer.allocUnsafe(bytes)
		await this.#file.read(host, compressed)
		const cluster = await (this.#compression === 'zstd' ? this.#unpackZstd(compressed) : this.#inflate(compressed))
		if (cluster.length !== this.#clusterBytes) throw new Error('a compressed cluster of the image is damaged')
		return cluster
	}

	/** What follows the data, up to the end of its last sector, is not part of it. */
	#inflate(compressed: Buffer): Promise<Buffer> {
		const {promise, resolve, reject} = Promise.withResolvers<Buffer>()
		const options = {maxOutputLength: this.#clusterBytes, finishFlush: zlib.constants.Z_SYNC_FLUSH}
		zlib.inflateRaw(compressed, options, (error, cluster) => (error ? reject(error) : resolve(cluster)))
		return promise
	}

	/** The same. The length of a frame is known by its blocks, so only that much is given to the library. */
	#unpackZstd(compressed: Buffer): Promise<Buffer> {
		const {promise, resolve, reject} = Promise.withResolvers<Buffer>()
		const frame = compressed.subarray(0, zstdFrameBytes(compressed))
		const options = {maxOutputLength: this.#clusterBytes}
		zlib.zstdDecompress(frame, options, (error, cluster) => (error ? reject(error) : resolve(cluster)))
		return promise
	}
}

/** Bytes of the first frame. RFC 8878, 3.1.1 "Zstandard Frames". @throws if it is none, or goes on beyond the bytes. */
function zstdFrameBytes(bytes: Buffer): number {
	const damaged = () => new Error('a compressed cluster of the image is damaged')
	if (bytes.length < 6 || bytes.readUInt32LE(0) !== 0xfd2f_b528) throw damaged()
	const descriptor = bytes[4]!
	const isSingle = (descriptor & 0x20) !== 0
	const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!
	const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6]!
	let at = 5 + (isSingle ? 0 : 1) + dictionaryBytes + sizeBytes
	for (let isLast = false; !isLast; ) {
		if (at + 3 > bytes.length) throw damaged()
		const block = bytes.readUIntLE(at, 3)
		isLast = (block & 1) !== 0
		// A block of type 1 is one byte, which is repeated.
		at += 3 + ((block >> 1) & 3 ? (((block >> 1) & 3) === 1 ? 1 : block >> 3) : block >> 3)
	}
	at += descriptor & 4 ? 4 : 0
	if (at > bytes.length) throw damaged()
	return at
}
