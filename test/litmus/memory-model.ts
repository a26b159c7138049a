/** RVWMO's verdict on a litmus program: its sequentially consistent outcomes, and whether the target may occur. */
import {allowsTarget} from './execution.ts'
import {rvwmo, totalStoreOrder} from './orders.ts'
import {outcomeOf, type Program} from './program.ts'
import type {Verdict} from './table.ts'

/** @returns every outcome of an interleaving of the harts. */
export function sequentialOutcomes({shape}: Program): Set<number> {
	const outcomes = new Set<number>()
	const explore = (next: readonly number[], memory: readonly number[], seen: readonly (readonly number[])[]): void => {
		let isOver = true
		for (const [hart, accesses] of shape.harts.entries()) {
			const access = accesses[next[hart]!]
			if (!access) continue
			isOver = false
			const {variable} = access
			explore(
				next.with(hart, next[hart]! + 1),
				access.kind === 'write' ? memory.with(variable, access.value) : memory,
				access.kind === 'read' ? seen.with(hart, [...seen[hart]!, memory[variable]!]) : seen,
			)
		}
		if (isOver) outcomes.add(outcomeOf([...seen.flat(), ...shape.finals.map((variable) => memory[variable]!)]))
	}
	explore(
		shape.harts.map(() => 0),
		[0, 0, 0, 0],
		shape.harts.map(() => []),
	)
	return outcomes
}

/** The outcomes that the program may have. */
export function allowedOutcomes(program: Program): Set<number> {
	const outcomes = sequentialOutcomes(program)
	if (program.verdict === 'allowed') outcomes.add(program.target)
	return outcomes
}

/** Whether RVWMO lets the program end in its target. */
export function verdictByRules(program: Program): Verdict {
	return allowsTarget(rvwmo, program) ? 'allowed' : 'forbidden'
}

/** Whether a host with total store order may show the target. */
export function shownByTotalStoreOrder(program: Program): boolean {
	return allowsTarget(totalStoreOrder, program)
}
