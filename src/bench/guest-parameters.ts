/** Hands parameters to a guest program: one more segment of its ELF. The guest's side is test/guests/runtime/parameters.h. */
import {readFile} from 'node:fs/promises'
import {loadElf} from '../main/boot/index.ts'
import {writeElf} from './write-elf.ts'

/** Where the parameters start: with the magic word. */
export const parametersGpa = 0x8600_0000
const magic = 0x7375_6d74_696cn

/**
 * @param path of the program's ELF. @param words the values of parameter(0), parameter(1) … @param rest bytes after them.
 * @returns an ELF.
 */
export async function elfWithParameters(
	path: string,
	words: readonly (number | bigint)[],
	rest: Uint8Array = new Uint8Array(),
): Promise<Uint8Array> {
	const {segments, lowest} = loadElf({option: '--kernel', path, bytes: await readFile(path)}, 'the program')
	const head = new Uint8Array(BigUint64Array.from([magic, ...words.map(BigInt)]).buffer)
	const bytes = new Uint8Array(head.length + rest.length)
	bytes.set(head)
	bytes.set(rest, head.length)
	return writeElf({entry: lowest, segments: [...segments, {gpa: parametersGpa, bytes}]})
}
