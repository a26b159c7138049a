/** The seed of all random operands in this folder: printed by the tests, and set with INTERPRETER_SEED to run one again. */
import {Random} from '../hart/core/float-operands.ts'

export const seed = Number(process.env.INTERPRETER_SEED ?? Math.floor(Math.random() * 2 ** 32))

/** Operands of its own for each purpose, from one seed. */
export function randomFor(purpose: string): Random {
	let hash = seed
	for (const letter of purpose) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) | 0
	return new Random(hash)
}
