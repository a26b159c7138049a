/** How often each row of the instruction list was compared. */
import {rowsWithoutComparison} from './known-differences.ts'
import type {Program} from './program.ts'
import {rows} from './rows.ts'

export class Coverage {
	readonly #cases = new Map<string, number>(rows.map(({name}) => [name, 0]))

	add(programs: readonly Program[]): void {
		for (const {operations} of programs)
			for (const {parts} of operations) for (const {row} of parts) this.#cases.set(row, (this.#cases.get(row) ?? 0) + 1)
	}

	/** Cases by row, the rarest first. */
	get cases(): readonly (readonly [row: string, cases: number])[] {
		return [...this.#cases].toSorted(([, a], [, b]) => a - b)
	}

	/** Rows that could have been compared and were not. */
	get missing(): readonly string[] {
		return rows
			.filter(({name, base}) => !rowsWithoutComparison.has(base) && !this.#cases.get(name))
			.map(({name}) => name)
	}
}
