/** Hands parameters to a guest program: one more segment of its ELF. The guest's side is runtime/parameters.h. */
import {readFile} from 'node:fs/promises'
import {loadElf} from '../../src/main/boot/elf.ts'
import {writeElf} from '../support/elf.ts'
import {guestBinary} from './guests.ts'

/** Where the parameters start: with the magic word. */
export const parametersGpa = 0x8600_0000
const magic = 0x7375_6d74_696cn

/** @param words the values of parameter(0), parameter(1) … @param rest bytes after them. @returns an ELF. */
export async function withParameters(
	name: string,
	words: readonly (number | bigint)[],
	rest: Uint8Array = new Uint8Array(),
): Promise<Uint8Array> {
	const path = guestBinary(name)
	const {segments, lowest} = loadElf({option: '--kernel', path, bytes: await readFile(path)}, name)
	const head = new Uint8Array(BigUint64Array.from([magic, ...words.map(BigInt)]).buffer)
	const bytes = new Uint8Array(head.length + rest.length)
	bytes.set(head)
	bytes.set(rest, head.length)
	return writeElf({entry: lowest, segments: [...segments, {gpa: parametersGpa, bytes}]})
}

/** Bytes from parametersGpa to `rest`, with this many words. */
export const restOffset = (words: number): number => 8 * (1 + words)
