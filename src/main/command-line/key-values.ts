/** QEMU's `key=value,…`: keys may be repeated, two commas in a value are one of it, a key alone is on. */
import {expected} from '../../errors.ts'
import {quoted} from './quantities.ts'

export class KeyValues {
	readonly #option: string
	readonly #values: ReadonlyMap<string, readonly string[]>

	private constructor(option: string, values: ReadonlyMap<string, readonly string[]>) {
		this.#option = option
		this.#values = values
	}

	/**
	 * @param option as messages name it. @param known the keys that are taken. @param refused keys of QEMU's, and why they
	 * have no meaning here. @throws UserError for others.
	 */
	static parse(
		text: string,
		{
			option,
			known,
			refused = {},
		}: Readonly<{option: string; known: readonly string[]; refused?: Readonly<Record<string, string>>}>,
	): KeyValues {
		const values = new Map<string, string[]>()
		for (const part of text.match(/(?:[^,]|,,)+/g) ?? []) {
			const {key = '', value = 'on'} = /^(?<key>[\w.-]+)(?:=(?<value>.*))?$/s.exec(part)?.groups ?? {}
			const reason = refused[key]
			if (reason !== undefined) throw expected(`${option} without ${key}`, `${quoted(part)}: ${reason}`)
			if (!known.includes(key)) throw expected(`${option} with keys among ${known.join(', ')}`, quoted(part))
			values.set(key, [...(values.get(key) ?? []), value.replaceAll(',,', ',')])
		}
		return new KeyValues(option, values)
	}

	/** The last of a repeated key counts. */
	get(key: string): string | undefined {
		return this.#values.get(key)?.at(-1)
	}

	all(key: string): readonly string[] {
		return this.#values.get(key) ?? []
	}

	/** @throws UserError unless the value is on or off, or not there. */
	flag(key: string, otherwise: boolean): boolean {
		const value = this.get(key)
		if (value === undefined) return otherwise
		if (['on', 'yes', 'true', 'y'].includes(value)) return true
		if (['off', 'no', 'false', 'n'].includes(value)) return false
		throw expected(`${this.#option} with ${key}=on or off`, quoted(`${key}=${value}`))
	}

	/** @param what a value as it is expected. @throws UserError for a value that `parse` does not take. */
	read<Value>(
		key: string,
		{what, parse}: Readonly<{what: string; parse: (text: string) => Value | undefined}>,
	): Value | undefined {
		const value = this.get(key)
		if (value === undefined) return
		const parsed = parse(value)
		if (parsed !== undefined) return parsed
		throw expected(`${this.#option} with ${key} to be ${what}`, quoted(value))
	}
}
