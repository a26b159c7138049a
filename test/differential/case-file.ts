/** A mismatch kept as a file: the program, and the correct record. */
import {readdir, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import type {Program} from './program.ts'

const folder = join(import.meta.dirname, 'cases')

export type Case = Readonly<{
	/** What was wrong. */
	about: string
	program: Program
	/** The record's dwords, as hexadecimal. */
	expected: readonly string[]
}>

const [mark, text] = ['bigint:', 'utf8'] as const

export async function writeCase(name: string, found: Case): Promise<string> {
	const json = JSON.stringify(
		found,
		(_, value) => (typeof value === 'bigint' ? `${mark}0x${BigInt.asUintN(64, value).toString(16)}` : value),
		'\t',
	)
	const path = join(folder, `${name}.json`)
	await writeFile(path, `${json}\n`)
	return path
}

export async function readCases(): Promise<ReadonlyMap<string, Case>> {
	const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).toSorted()
	const cases = names.map(async (name): Promise<[string, Case]> => {
		const json = await readFile(join(folder, name), text)
		const found = JSON.parse(json, (_, value) =>
			typeof value === 'string' && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value,
		)
		return [name, found]
	})
	return new Map(await Promise.all(cases))
}
