/** Choices in the design of the TLB: each a key of `--tlb`, for people who study it. */
import {expected} from '../errors.ts'
import type {TagEncoding} from './tag-encoding.ts'

/** One choice. */
export type TlbKey<Value extends string> = Readonly<{
	/** As `--tlb` spells it. */
	name: string
	about: string
	default: Value
	/** Every value, and what it does. */
	values: Readonly<Record<Value, string>>
}>

/** A value for each key. */
export type TlbDesign = Readonly<{
	encoding: TagEncoding
	lookup: 'inline' | 'outlined'
	lastPages: 'on' | 'off'
	asids: '0' | '1' | '2' | '4' | '8' | '16'
	statistics: 'off' | 'on' | 'all'
}>

/** Keyed by the fields of a TlbDesign. */
export const tlbKeys: {readonly [Field in keyof TlbDesign]: TlbKey<TlbDesign[Field]>} = {
	encoding: {
		name: 'encoding',
		about: 'what tags a page',
		default: 'poison-zero',
		values: {
			'poison-zero': 'its address; whoever empties a table writes the one entry that page 0 would match',
			'plus-one': 'its address + 1; an empty table is all zeroes, and a lookup takes one instruction more',
		},
	},
	lookup: {
		name: 'lookup',
		about: 'how translated code looks a page up',
		default: 'outlined',
		values: {inline: 'in place, at each access', outlined: 'by calling one function of the module'},
	},
	asids: {
		name: 'asids',
		about: 'how many address spaces a hart keeps beside the current one',
		default: '8',
		values: {
			'0': 'a write of satp flushes',
			'1': 'the one that it left last',
			'2': 'the two that it left last',
			'4': 'the four that it left last',
			'8': 'the eight that it left last',
			'16': 'the sixteen that it left last',
		},
	},
	lastPages: {
		name: 'last-pages',
		about: 'whether translated code keeps the last page of each base register at hand',
		default: 'on',
		values: {on: 'an access first compares with that page', off: 'every access looks its page up'},
	},
	statistics: {
		name: 'statistics',
		about: 'whether misses are told apart and flushes are timed; see statistics.md',
		default: 'off',
		values: {
			off: 'they are only counted',
			on: 'by one page of 32',
			all: 'by every page',
		},
	},
}

const keys: readonly (readonly [field: string, TlbKey<string>])[] = Object.entries(tlbKeys)

/** Fields that are not given have their defaults. Frozen. @throws UserError for an unknown field or value. */
export function tlbDesign(given: Partial<TlbDesign> = {}): TlbDesign {
	const unknown = Object.keys(given).find((field) => !Object.hasOwn(tlbKeys, field))
	if (unknown !== undefined) throw expected(`a field of tlb (${Object.keys(tlbKeys).join(', ')})`, unknown)
	const values: Readonly<Record<string, string>> = given
	const design = keys.map(([field, key]) => [field, checkValue(key, values[field] ?? key.default)])
	return Object.freeze(Object.fromEntries(design))
}

export const defaultTlbDesign: TlbDesign = tlbDesign()

/**
 * @param text `KEY=VALUE,…`; the last value of a key wins. @returns only the keys in the text. @throws UserError
 * @example parseTlbDesign('lookup=inline,last-pages=off') // {lookup: 'inline', lastPages: 'off'}
 */
export function parseTlbDesign(text: string): Partial<TlbDesign> {
	const design: Record<string, string> = {}
	for (const part of text.split(',')) {
		const [, name, value] = /^([^=]*)=(.*)$/s.exec(part) ?? []
		if (name === undefined || value === undefined) throw expected('--tlb KEY=VALUE,…', JSON.stringify(text))
		const found = keys.find(([, key]) => key.name === name)
		if (!found) throw expected(`a key of --tlb (${keys.map(([, key]) => key.name).join(', ')})`, JSON.stringify(name))
		design[found[0]] = checkValue(found[1], value)
	}
	return design
}

/** The inverse of parseTlbDesign(). */
export function formatTlbDesign(design: Partial<TlbDesign>): string {
	const values: Readonly<Record<string, string>> = design
	return keys.flatMap(([field, {name}]) => (values[field] === undefined ? [] : [`${name}=${values[field]}`])).join(',')
}

function checkValue({name, values}: TlbKey<string>, value: string): string {
	if (!Object.hasOwn(values, value))
		throw expected(`--tlb ${name}=${Object.keys(values).join('|')}`, `${name}=${value}`)
	return value
}
