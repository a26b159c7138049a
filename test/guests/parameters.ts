/** Hands parameters to a guest program of the tests. */
import {elfWithParameters} from '../../src/bench/index.ts'
import {guestBinary} from './guests.ts'

export {parametersGpa} from '../../src/bench/index.ts'

/** @param words the values of parameter(0), parameter(1) … @param rest bytes after them. @returns an ELF. */
export const withParameters = (
	name: string,
	words: readonly (number | bigint)[],
	rest?: Uint8Array,
): Promise<Uint8Array> => elfWithParameters(guestBinary(name), words, rest)

/** Bytes from parametersGpa to `rest`, with this many words. */
export const restOffset = (words: number): number => 8 * (1 + words)
