/** Which ranges of a function table are free. */
import {assert} from '../errors.ts'

type Range = Readonly<{base: number; count: number}>

export class TableRanges {
	/** In order of their bases; no two touch. */
	#free: Range[] = []
	#end = 0

	/** All entries from here on are free. */
	get end(): number {
		return this.#end
	}

	/** Takes the first free range that is large enough. @returns its base. */
	take(count: number): number {
		const index = this.#free.findIndex((range) => range.count >= count)
		const found = this.#free[index]
		if (!found) {
			this.#end += count
			return this.#end - count
		}
		const rest = {base: found.base + count, count: found.count - count}
		this.#free.splice(index, 1, ...(rest.count > 0 ? [rest] : []))
		return found.base
	}

	/** Gives back what take() returned. */
	give(base: number, count: number): void {
		const next = this.#free.findIndex((range) => range.base > base)
		const at = next < 0 ? this.#free.length : next
		const [before, after] = [this.#free[at - 1], this.#free[at]]
		assert(
			(!before || before.base + before.count <= base) && (!after || base + count <= after.base),
			'a range is given back once',
		)
		const touchesBefore = before !== undefined && before.base + before.count === base
		const touchesAfter = after !== undefined && base + count === after.base
		const merged = {
			base: touchesBefore ? before.base : base,
			count: count + (touchesBefore ? before.count : 0) + (touchesAfter ? after.count : 0),
		}
		const replaced = Number(touchesBefore) + Number(touchesAfter)
		if (merged.base + merged.count < this.#end) {
			this.#free.splice(touchesBefore ? at - 1 : at, replaced, merged)
			return
		}
		this.#free.splice(touchesBefore ? at - 1 : at, replaced)
		this.#end = merged.base
	}
}
