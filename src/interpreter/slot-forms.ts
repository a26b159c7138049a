/**
 * What instruction words decode to, as far as it does not depend on where they lie. Programs repeat their instructions. A table of
 * fixed size, in which a word takes the place of another: each hart has one, and objects for every word would take megabytes.
 */
import {decode} from '../isa/index.ts'
import {handlerFor, handlerIndex} from './handlers.ts'
import {encodeSlot} from './slot-encoding.ts'

/** A form, of 32-bit words: the instruction word; c; handlers far and forward; handler backward, a and b. */
const form = {word: 0, c: 1, farForward: 2, backwardAB: 3, size: 4} as const

const log2Forms = 14
const multiplier = 0x9e37_79b1

const illegal = handlerIndex('illegal')

export class SlotForms {
	// Zeroed: no form has handler 0, which asks for a slot to be decoded.
	readonly #forms = new Int32Array(form.size << log2Forms)

	/**
	 * @param word its two lowest bits tell a parcel of 16 bits from a 32-bit word.
	 * @returns a form, for the methods below: until the next call.
	 */
	of(word: number): number {
		// Fibonacci hashing. The fold lets a word's upper half reach the upper bits of the product twice.
		const at = (Math.imul(word ^ (word >>> 15), multiplier) >>> (32 - log2Forms)) * form.size
		if (this.#forms[at + form.word] !== word || this.#forms[at + form.farForward] === 0) this.#decode(word, at)
		return at
	}

	/** The handler where the instruction is no direct jump, or one that leaves its page. */
	far(at: number): number {
		return this.#forms[at + form.farForward]! & 0xffff
	}

	forward(at: number): number {
		return this.#forms[at + form.farForward]! >>> 16
	}

	backward(at: number): number {
		return this.#forms[at + form.backwardAB]! & 0xffff
	}

	a(at: number): number {
		return (this.#forms[at + form.backwardAB]! >>> 16) & 0xff
	}

	b(at: number): number {
		return this.#forms[at + form.backwardAB]! >>> 24
	}

	/** Of a direct jump: its distance in bytes. */
	c(at: number): number {
		return this.#forms[at + form.c]!
	}

	/** Direct jumps have handlers of their own for each way to go. */
	isDirectJump(at: number): boolean {
		return this.far(at) !== this.forward(at)
	}

	#decode(word: number, at: number): void {
		const decoded = decode(word)
		const {a, b, c} = decoded ? encodeSlot(decoded) : {a: 0, b: 0, c: 0}
		const handler = (flow: 'far' | 'forward' | 'backward') => (decoded ? handlerFor(decoded, flow) : illegal)
		this.#forms[at + form.word] = word
		this.#forms[at + form.c] = c
		this.#forms[at + form.farForward] = handler('far') | (handler('forward') << 16)
		this.#forms[at + form.backwardAB] = handler('backward') | (a << 16) | (b << 24)
	}
}
