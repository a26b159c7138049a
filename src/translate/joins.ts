/** Which regions have the code of a place, though they begin elsewhere. */
import {type RegionInfo, regionKey} from './types.ts'

export class Joins {
	/** By regionKey. */
	readonly #around = new Map<number, Set<RegionInfo>>()

	add(region: RegionInfo): void {
		for (const key of keysOf(region)) {
			const around = this.#around.get(key)
			if (around) around.add(region)
			else this.#around.set(key, new Set([region]))
		}
	}

	remove(region: RegionInfo): void {
		for (const key of keysOf(region)) {
			const around = this.#around.get(key)
			around?.delete(region)
			if (around?.size === 0) this.#around.delete(key)
		}
	}

	/** @param key of a place: regionKey(). */
	at(key: number): readonly RegionInfo[] {
		return [...(this.#around.get(key) ?? [])]
	}
}

const keysOf = ({page, joins}: RegionInfo): number[] => joins.map((join) => regionKey(page, join))
