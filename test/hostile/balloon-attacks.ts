/** Pages for a hostile driver to give to the balloon, and to report: mostly in guest RAM. */
import type {Random} from '../hart/core/float-operands.ts'
import {describe, type Poke, type RequestPlaces} from './share-attacks.ts'

const lengths = [4096, 65_536, 2 << 20, 16 << 20, 100, 1]
const deviceWrites = 2

/** Writes five chains: lists of page numbers for the first queues, free pages for the others. @returns their heads. */
export function pokePages(
	random: Random,
	poke: Poke,
	{table, scratch, data, queue}: RequestPlaces & Readonly<{queue: number}>,
): readonly number[] {
	const heads = [0, 3, 6, 9, 12]
	for (const [index, head] of heads.entries()) {
		const list = scratch + BigInt(index * 512)
		const count = 1 + random.below(32)
		for (let at = 0; at < count; at++)
			poke(list + BigInt(4 * at), 4, random.below(16) ? Number((data() >> 12n) & 0xffff_ffffn) : random.word())
		const isList = random.below(8) ? queue < 2 : random.below(2) === 0
		const numbers = {gpa: list, length: random.below(8) ? 4 * count : random.below(600) + 1, flags: 0, next: 0}
		const pages = {gpa: data(), length: random.pick(lengths), flags: deviceWrites, next: 0}
		describe(poke, table + 16n * BigInt(head), isList ? numbers : pages)
	}
	return heads
}
