/** What RVWMO says of a litmus program: sequentially consistent outcomes, and which pairs of accesses stay in order. */
import {outcomeOf, type Program, type Step} from './program.ts'

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

/**
 * RVWMO is multi-copy atomic, and each shape is one cycle: its target is forbidden exactly when every hart's accesses stay in
 * the order of the program.
 */
export function verdictByRules({shape, harts}: Program): 'forbidden' | 'allowed' {
	if (shape.coherence) return 'forbidden'
	const inOrder = harts.every((steps) =>
		steps.every((step, index) => index === 0 || preserved(steps[index - 1]!, step)),
	)
	return inOrder ? 'forbidden' : 'allowed'
}

/** Preserved program order of two accesses to different addresses. Unprivileged spec, "Preserved Program Order". */
function preserved(first: Step, second: Step): boolean {
	const {link} = second
	// Rule 4: a fence.
	if (link?.kind === 'fence') {
		if (overlaps(kindsOf(first), link.before) && overlaps(kindsOf(second), link.after)) return true
	}
	if (link?.kind === 'fence.tso') {
		if (overlaps(kindsOf(first), 'r') || (overlaps(kindsOf(first), 'w') && overlaps(kindsOf(second), 'w'))) return true
	}
	// Rules 5, 6, 7: acquire, release, and both RCsc.
	if (first.form.aq || second.form.rl) return true
	if ((first.form.aq || first.form.rl) && (second.form.aq || second.form.rl)) return true
	// Rules 9, 10, 11: syntactic dependencies.
	return link?.kind === 'addr' || ((link?.kind === 'data' || link?.kind === 'ctrl') && overlaps(kindsOf(second), 'w'))
}

/** Of `lrsc` it is the sc that counts. */
function kindsOf({access, form}: Step): string {
	return form.name.startsWith('amo') ? 'rw' : access.kind === 'read' ? 'r' : 'w'
}

function overlaps(kinds: string, set: string): boolean {
	return [...kinds].some((kind) => set.includes(kind))
}

/**
 * Whether a host with total store order may show the target: where a plain store is overtaken by a load. Every fence of ours
 * is a full one, and AMOs and SCs are, too.
 */
export function shownByTotalStoreOrder({harts, verdict}: Program): boolean {
	const isOvertaken = ({access, form}: Step, next: Step) =>
		access.kind === 'write' &&
		!isAtomic(form) &&
		next.access.kind === 'read' &&
		!isAtomic(next.form) &&
		!next.form.rl &&
		!next.link?.kind.startsWith('fence')
	return (
		verdict === 'allowed' &&
		harts.some((steps) => steps.some((step, index) => steps[index + 1] && isOvertaken(step, steps[index + 1]!)))
	)
}

const isAtomic = ({name}: Step['form']): boolean => name.startsWith('amo') || name === 'lrsc'
