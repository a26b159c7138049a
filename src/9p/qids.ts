/** Identities of files: a qid's path is unique among all file systems in the folder, as QEMU's multidevs=remap has it. */
import type {BigIntStats} from 'node:fs'
import {Refusal} from './errno.ts'
import type {Qid} from './message-writer.ts'
import {FileType, QidType} from './messages.ts'

/** What happens to files of file systems other than the folder's own. */
export type Multidevs = 'remap' | 'forbid'

const deviceShift = 56n
const maximumDevices = 255
/** Inode numbers that leave no room for a device get numbers of their own. */
const maximumLargeInodes = 1_000_000
const largeInodes = BigInt(maximumDevices) << deviceShift

export class Qids {
	readonly #multidevs: Multidevs
	/** The folder's own file system comes first: its inode numbers stay as they are. */
	readonly #devices: Map<bigint, bigint>
	readonly #large = new Map<string, bigint>()

	constructor(rootDevice: bigint, multidevs: Multidevs) {
		this.#multidevs = multidevs
		this.#devices = new Map([[rootDevice, 0n]])
	}

	of(stat: BigIntStats): Qid {
		return {type: qidType(stat), version: qidVersion(stat), path: this.#path(stat.dev, stat.ino)}
	}

	#path(device: bigint, inode: bigint): bigint {
		const prefix = this.#devices.get(device) ?? this.#newDevice(device)
		if (inode >> deviceShift === 0n) return prefix | inode
		const key = `${device}:${inode}`
		const known = this.#large.get(key)
		if (known !== undefined) return known
		// Bounded memory: QEMU also answers ENFILE when it has no more numbers.
		if (this.#large.size >= maximumLargeInodes) throw new Refusal('ENFILE')
		const path = largeInodes | BigInt(this.#large.size)
		this.#large.set(key, path)
		return path
	}

	#newDevice(device: bigint): bigint {
		if (this.#multidevs === 'forbid') throw new Refusal('ENODEV')
		if (this.#devices.size >= maximumDevices) throw new Refusal('ENFILE')
		const prefix = BigInt(this.#devices.size) << deviceShift
		this.#devices.set(device, prefix)
		return prefix
	}
}

function qidType({mode}: BigIntStats): Qid['type'] {
	const type = Number(mode) & FileType.mask
	if (type === FileType.folder) return QidType.folder
	return type === FileType.link ? QidType.link : QidType.file
}

/** As QEMU computes it: clients that cache see by it that a file has changed. */
function qidVersion({mtimeNs, size}: BigIntStats): number {
	return Number(BigInt.asUintN(32, (mtimeNs / 1_000_000_000n) ^ (size << 8n)))
}
