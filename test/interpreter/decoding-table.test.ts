/** The hart core decodes by its table as the decoder in TypeScript does, whatever the word. */
import test from 'ava'
import {lastParcel, slotBytesPerByte} from '../../src/hart/index.ts'
import {handlerFor, handlers} from '../../src/interpreter/handlers.ts'
import {packingsOf} from '../../src/interpreter/slot-encoding.ts'
import {decode, encodings} from '../../src/isa/index.ts'
import {ramBase} from '../../src/memory/index.ts'
import type {Random} from '../hart/core/float-operands.ts'
import {DecodedPage} from './decoded-page.ts'
import {randomFor, seed} from './seed.ts'

const gva = BigInt(ramBase)
const wordsOfPage = 1000
const wordsOfEach = 60

/** Of each encoding, with all else at random; and any words. */
function* words(random: Random): Generator<number> {
	const any = () => random.word() | 0
	for (const {pattern} of encodings)
		for (let count = 0; count < wordsOfEach; count++) yield (any() & ~pattern.mask) | pattern.match
	for (let count = 0; count < 20_000; count++) yield any()
}

/** What the slot is to be. */
function slotOf(word: number, offset: number) {
	const decoded = decode(word)
	if (!decoded) return {handler: 'illegal', a: 0, b: 0, c: 0}
	const slot = {a: 0, b: 0, c: 0}
	for (const {operand, field, shift, scale} of packingsOf(decoded.instruction))
		slot[field] |= (decoded.operands[operand] * scale) << shift
	const to = offset + slot.c
	const [far, forward, backward] = (['far', 'forward', 'backward'] as const).map((flow) => handlerFor(decoded, flow))
	const key = (index: number | undefined) => handlers[index!]!.key
	if (far === forward || to < 0 || to > lastParcel) return {handler: key(far), ...slot}
	return {handler: key(slot.c > 0 ? forward : backward), ...slot, c: slot.c * slotBytesPerByte}
}

test('every encoding, and words at random, have the handler and operands that the decoder says', (t) => {
	const all = [...words(randomFor(t.title))]
	const wrong: unknown[] = []
	for (let first = 0; first < all.length; first += wordsOfPage) {
		const piece = all.slice(first, first + wordsOfPage)
		const page = new DecodedPage(Object.fromEntries(piece.map((word, index) => [index * 4, word])))
		const fetched = Number(page.hart.fetch(gva))
		for (const [index, word] of piece.entries()) {
			const [got, expected] = [page.slot(index * 4, fetched), slotOf(word, index * 4)]
			if (JSON.stringify(got) !== JSON.stringify(expected)) wrong.push({word: word.toString(16), got, expected})
		}
	}
	t.deepEqual(wrong.slice(0, 5), [], `seed ${seed}`)
	t.true(all.length > 30_000)
})
