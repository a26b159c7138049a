/** Requests of 9P2000.L for a hostile driver to offer: mostly plausible, so that the server gets somewhere with them. */
import {Fields} from '../9p/client.ts'
import type {Random} from '../hart/core/float-operands.ts'

const names = ['a', 'b', 'c', '..', '.', '', 'a/b', '../secret', 'link', 'x'.repeat(100)]
const lengths = [11, 100, 4096, 65_536, 7, 1]
const answerFlag = 2

export type Poke = (gpa: bigint, bytes: 2 | 4, value: number) => void

export type RequestPlaces = Readonly<{
	/** The descriptor table, of 16 entries. */
	table: bigint
	/** A page for requests. */
	scratch: bigint
	/** @returns an address for answers, mostly in guest RAM. */
	data: () => bigint
}>

/** Writes five requests: descriptors 0 and 1, 3 and 4, and so on. @returns their heads. */
export function pokeShareRequests(
	random: Random,
	poke: Poke,
	{table, scratch, data}: RequestPlaces,
): readonly number[] {
	const heads = [0, 3, 6, 9, 12]
	const opens = random.below(2) === 0
	for (const [index, head] of heads.entries()) {
		const bytes = (opens && opening[index]) || request(random)
		const at = scratch + BigInt(index * 512)
		for (let offset = 0; offset < bytes.length; offset += 4)
			poke(at + BigInt(offset), 4, Buffer.concat([bytes.subarray(offset, offset + 4), Buffer.alloc(4)]).readUInt32LE())
		const length = random.below(16) ? bytes.length : random.below(600) + 1
		describe(poke, table + 16n * BigInt(head), {gpa: at, length, flags: 1, next: head + 1})
		const answer = {gpa: data(), length: random.pick(lengths), flags: answerFlag, next: 0}
		describe(poke, table + 16n * BigInt(head + 1), answer)
	}
	return heads
}

type Descriptor = Readonly<{gpa: bigint; length: number; flags: number; next: number}>

export function describe(poke: Poke, at: bigint, {gpa, length, flags, next}: Descriptor): void {
	poke(at, 4, Number(gpa & 0xffff_ffffn))
	poke(at + 4n, 4, Number((gpa >> 32n) & 0xffff_ffffn))
	poke(at + 8n, 4, length)
	poke(at + 12n, 2, flags)
	poke(at + 14n, 2, next)
}

/** A session begins, and makes something. */
const opening: readonly Uint8Array[] = [
	new Fields().u32(8192).string('9P2000.L').message(100, 1),
	new Fields().u32(0).u32(0xffff_ffff).string('').string('').u32(0).message(104, 2),
	new Fields().u32(0).string('made').u32(0o755).u32(0).message(72, 3),
]

function request(random: Random): Uint8Array {
	const fid = () => random.below(4)
	const name = () => random.pick(names)
	const requests: readonly (() => readonly [type: number, fields: Fields])[] = [
		() => [100, new Fields().u32(random.pick([8192, 65_536, 100])).string('9P2000.L')],
		() => [104, new Fields().u32(0).u32(0xffff_ffff).string('').string('').u32(0)],
		() => [104, new Fields().u32(0).u32(0xffff_ffff).string('').string('').u32(0)],
		() => [110, new Fields().u32(fid()).u32(fid()).u16(random.below(2)).string(name())],
		() => [110, new Fields().u32(0).u32(fid()).u16(1).string(name())],
		() => [110, new Fields().u32(0).u32(fid()).u16(0)],
		() => [12, new Fields().u32(fid()).u32(random.pick([0, 1, 2]))],
		() => [14, new Fields().u32(fid()).string(name()).u32(2).u32(0o644).u32(0)],
		() => [16, new Fields().u32(fid()).string('link').string('..').u32(0)],
		() => [24, new Fields().u32(fid()).u64(0x7ff)],
		() => [40, new Fields().u32(fid()).u64(random.below(4)).u32(4096)],
		() => [50, new Fields().u32(fid()).u32(0)],
		() => [72, new Fields().u32(fid()).string(name()).u32(0o755).u32(0)],
		() => [74, new Fields().u32(fid()).string(name()).u32(fid()).string(name())],
		() => [
			76,
			new Fields()
				.u32(fid())
				.string(name())
				.u32(random.pick([0, 0x200])),
		],
		() => [
			116,
			new Fields()
				.u32(fid())
				.u64(random.below(1000))
				.u32(random.pick([10, 4096, 0xffff_ffff])),
		],
		() => [
			118,
			new Fields()
				.u32(fid())
				.u64(random.below(1000))
				.u32(50)
				.bytes(Buffer.alloc(50, random.below(256))),
		],
		() => [120, new Fields().u32(fid())],
		() => [108, new Fields().u16(random.below(4))],
		() => [random.below(256), new Fields().u32(random.word()).u32(random.word()).string(name())],
	]
	const [type, fields] = random.pick(requests)()
	return fields.message(type, random.below(4))
}
