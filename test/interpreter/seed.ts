/** The seed of all random operands here and in test/execution. Tests print it; INTERPRETER_SEED sets it. */
import {Random} from '../hart/core/float-operands.ts'

export const seed = Number(process.env.INTERPRETER_SEED ?? Math.floor(Math.random() * 2 ** 32))

/** A generator for each purpose, from the one seed. */
export function randomFor(purpose: string): Random {
	let hash = seed
	for (const letter of purpose) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) | 0
	return new Random(hash)
}
