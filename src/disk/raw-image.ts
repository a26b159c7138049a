/** A raw image: the file holds the disk's bytes as they are. */
import {setImmediate as turn} from 'node:timers/promises'
import {type DiskImage, sectorBytes} from './disk-image.ts'
import type {ImageFile} from './image-file.ts'
import {probeFormat} from './probe.ts'

const zeroes = new Uint8Array(65_536)
/** Zeroes that are written before other disks and bells get their turn. */
const bytesPerTurn = 64 * zeroes.length

export class RawImage implements DiskImage {
	readonly size: number
	readonly #file: ImageFile
	readonly #isProbed: boolean

	/**
	 * @param options.bytes of the file. @param options.isProbed the format was guessed: then the guest may not write what would
	 * make the next guess another one, and through it read any file of the host. As in QEMU.
	 */
	constructor(file: ImageFile, {bytes, isProbed}: {bytes: number; isProbed: boolean}) {
		this.#file = file
		this.size = Math.ceil(bytes / sectorBytes) * sectorBytes
		this.#isProbed = isProbed
	}

	async read(position: number, into: Uint8Array): Promise<void> {
		await this.#file.read(position, into)
	}

	async write(position: number, from: Uint8Array): Promise<void> {
		if (this.#isProbed && position === 0 && probeFormat(from.subarray(0, sectorBytes)) !== 'raw')
			throw new Error('the first sector of an image whose format was guessed cannot become that of another format')
		await this.#file.write(position, from)
	}

	async writeZeroes(position: number, length: number): Promise<void> {
		for (let done = 0; done < length; done += zeroes.length) {
			if (done % bytesPerTurn === bytesPerTurn - zeroes.length) await turn()
			await this.#file.write(position + done, zeroes.subarray(0, Math.min(zeroes.length, length - done)))
		}
	}

	/** Node has no call that makes a hole in a file. */
	async discard(): Promise<void> {}

	async flush(): Promise<void> {
		await this.#file.sync()
	}

	async close(): Promise<void> {
		await this.flush()
	}
}
