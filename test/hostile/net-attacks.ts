/** Frames for a hostile driver of virtio-net to send, and buffers for it to receive in: mostly plausible, so that the network gets somewhere. */
import type {Random} from '../hart/core/float-operands.ts'
import {describe, type Poke, type RequestPlaces} from './share-attacks.ts'

/** The header of a frame: virtio 1.2, 5.1.6. */
const headerBytes = 12
const ethernetBytes = 14
const ipBytes = 20
const ports = [22, 53, 67, 68, 80, 1000]
const writtenFlag = 2

/** Writes five frames, or, for the queue that receives, five buffers: descriptors 0, 3, and so on. @returns their heads. */
export function pokeFrames(
	random: Random,
	poke: Poke,
	{table, scratch, data, queue}: RequestPlaces & Readonly<{queue: number}>,
): readonly number[] {
	const heads = [0, 3, 6, 9, 12]
	for (const [index, head] of heads.entries()) {
		const at = table + 16n * BigInt(head)
		if (queue === 0) {
			const length = random.pick([1526, 1526, 4096, 65_562, 12, 1])
			describe(poke, at, {gpa: data(), length, flags: writtenFlag, next: 0})
			continue
		}
		const bytes = frame(random)
		const gpa = scratch + BigInt(index * 512)
		for (let offset = 0; offset < bytes.length; offset += 4) poke(gpa + BigInt(offset), 4, bytes.readUInt32LE(offset))
		const length = random.below(16) ? bytes.length : random.below(600) + 1
		describe(poke, at, {gpa, length, flags: 0, next: 0})
	}
	return heads
}

/** A multiple of four bytes. */
function frame(random: Random): Buffer {
	const bytes = Buffer.alloc(4 * (14 + random.below(100)))
	for (let at = headerBytes; at < bytes.length; at++) bytes[at] = random.below(256)
	if (random.below(8) === 0) bytes[0] = random.below(256)
	bytes[0]! |= random.below(2)
	bytes.write('52550a000202525400123456', headerBytes, 'hex')
	const type = random.pick([0x0800, 0x0800, 0x0800, 0x0806, 0x86dd, random.below(0x1_0000)])
	bytes.writeUInt16BE(type, headerBytes + 12)
	const ip = headerBytes + ethernetBytes
	if (type === 0x0806) bytes.write('00010800060400015254001234560a00020f0000000000000a000202', ip, 'hex')
	if (type !== 0x0800) return bytes
	// IPv4 without a checksum that is right, unless the driver vouches for it: most are wrong by one field.
	bytes.write('4500', ip, 'hex')
	bytes.writeUInt16BE(random.below(8) ? bytes.length - ip : random.below(2000), ip + 2)
	bytes.writeUInt16BE(random.below(4) ? 0 : random.below(0x1_0000), ip + 6)
	bytes[ip + 8] = random.below(3)
	bytes[ip + 9] = random.pick([1, 6, 6, 17, 17, random.below(256)])
	bytes.write(random.pick(['0a00020f', '0a00020f', '00000000', 'ffffffff']), ip + 12, 'hex')
	bytes.write(random.pick(['0a000202', '0a000203', 'ffffffff', '0a00020f', '7f000001']), ip + 16, 'hex')
	bytes.writeUInt16BE(0, ip + 10)
	bytes.writeUInt16BE(checksum(bytes.subarray(ip, ip + ipBytes)), ip + 10)
	bytes.writeUInt16BE(random.pick(ports), ip + ipBytes)
	bytes.writeUInt16BE(random.pick(ports), ip + ipBytes + 2)
	return bytes
}

/** RFC 1071. */
function checksum(bytes: Buffer): number {
	let sum = 0
	for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at)
	while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
	return ~sum & 0xffff
}
