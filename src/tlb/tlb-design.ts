/** Choices in the design of the TLB: each a key of `--tlb`, for people who study it. */
import {expected} from '../errors.ts'
import type {TagEncoding} from './tag-encoding.ts'
import {fewestLog2Entries, mostLog2Entries} from './tlb-layout.ts'

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
	policy: 'clear' | 'atomic-clear' | 'undo' | 'swap-clear' | 'swap-pool' | 'swap-undo' | 'epoch-tag'
	size:
		| '64'
		| '128'
		| '256'
		| '512'
		| '1024'
		| '2048'
		| '4096'
		| '8192'
		| '16384'
		| '32768'
		| '65536'
		| 'qemu'
		| 'adaptive'
	victim: '0' | '8'
	encoding: TagEncoding
	index: 'direct' | 'hashed'
	lookup: 'inline' | 'outlined'
	lastPages: 'on' | 'off'
	range: 'on' | 'off'
	asids: '0' | '1' | '2' | '4' | '8' | '16' | '32' | 'auto'
	statistics: 'off' | 'on' | 'all'
	debug: 'off' | 'on'
}>

const fixedSizes = Object.fromEntries(
	Array.from({length: mostLog2Entries - fewestLog2Entries + 1}, (_, index) => {
		const entries = 2 ** (fewestLog2Entries + index)
		return [String(entries), `${entries} entries`]
	}),
) as Record<Exclude<TlbDesign['size'], 'qemu' | 'adaptive'>, string>

/** Keyed by the fields of a TlbDesign. */
export const tlbKeys: {readonly [Field in keyof TlbDesign]: TlbKey<TlbDesign[Field]>} = {
	policy: {
		name: 'policy',
		about: 'how a flush empties a table',
		default: 'epoch-tag',
		values: {
			clear: 'zeroes it; a fence of another hart asks its owner to',
			'atomic-clear': 'zeroes it by atomic stores, that of another hart too',
			undo: 'zeroes the entries that were filled, as long as its log names them all',
			'swap-clear': 'takes another table, and zeroes that first',
			'swap-pool': 'takes another table, which a helper thread has zeroed',
			'swap-undo': 'zeroes up to 512 entries that were filled, else takes another table, which a helper has zeroed',
			'epoch-tag': 'begins a generation, which tags contain; takes another table after 127 of them',
		},
	},
	size: {
		name: 'size',
		about: 'how many entries a table has',
		default: '4096',
		values: {
			...fixedSizes,
			qemu: "256 at first, then what QEMU's rule makes of the entries used in 100 ms",
			adaptive: '4096 at first, four times as many where pages that were displaced come back',
		},
	},
	victim: {
		name: 'victim',
		about: 'how many entries that others displaced a table keeps for a miss',
		default: '0',
		values: {'0': 'none', '8': 'the last eight; none with atomic-clear'},
	},
	encoding: {
		name: 'encoding',
		about: 'what tags a page',
		default: 'poison-zero',
		values: {
			'poison-zero': 'its address; whoever empties a table writes the one entry that page 0 would match',
			'plus-one': 'its address + 1; an empty table is all zeroes, and a lookup takes one instruction more',
		},
	},
	index: {
		name: 'index',
		about: 'where the entry of a page is',
		default: 'direct',
		values: {
			direct: 'at the low bits of the page number',
			hashed: 'at those bits, exclusive-or the bits from the ninth on',
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
		default: 'auto',
		values: {
			'0': 'a write of satp flushes',
			'1': 'the one that it left last',
			'2': 'the two that it left last',
			'4': 'the four that it left last',
			'8': 'the eight that it left last',
			'16': 'the sixteen that it left last',
			'32': 'the thirty-two that it left last',
			auto: 'as many as 128 MiB of tables for all harts allow, from 8 to 32',
		},
	},
	range: {
		name: 'range',
		about: 'whether a table has places for 2 MiB pages',
		default: 'on',
		values: {
			on: 'the pages in one are filled without a walk',
			off: 'each page is filled by a walk; always off with atomic-clear',
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
	debug: {
		name: 'debug',
		about: 'whether retired tables are checked for later use',
		default: 'off',
		values: {
			off: 'they are cleared and used again',
			on: 'they are filled with a canary and kept out of use; if it changes, the machine stops and says whose table it was',
		},
	},
}

const keys: readonly (readonly [field: string, TlbKey<string>])[] = Object.entries(tlbKeys)

/** Fields that are not given have their defaults. Frozen. @throws UserError for an unknown field or value. */
export function tlbDesign(given: Partial<TlbDesign> = {}): TlbDesign {
	const unknown = Object.keys(given).find((field) => !Object.hasOwn(tlbKeys, field))
	if (unknown !== undefined) throw expected(`a field of tlb (${Object.keys(tlbKeys).join(', ')})`, unknown)
	const values: Readonly<Record<string, string>> = given
	const design = Object.fromEntries(keys.map(([field, key]) => [field, checkValue(key, values[field] ?? key.default)]))
	// Other threads cannot clear these places while their owner uses them.
	return Object.freeze(design.policy === 'atomic-clear' ? {...design, range: 'off', victim: '0'} : design) as TlbDesign
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
