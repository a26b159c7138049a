/**
 * Rules that can be broken on purpose, to show that `manyhart stress` notices: each in the place where the code keeps it, in a
 * statement that is labelled `FAULT`. The build leaves these statements out of what users run, and keeps them in dist/faults, which
 * only `stress --inject` uses. The hart core's are under `if (FAULTS …)`, a constant.
 */

/** The rules, in the order of their numbers in the hart core, from 1. */
export const faults = {
	'skip-grace-period': 'a retired table is used again although its grace period has not elapsed',
	'fill-new-table': 'a page walk fills the table that is published after it, not the one that was looked up in before',
	'drop-doorbell': 'a remote fence does not ring its targets',
	'early-fence': 'a remote fence does not wait for its targets',
	'skip-asid-generation': 'a fence of an address space is not counted for harts that are in another one',
	'reuse-before-clear': 'a retired table is used again without being cleared',
	'lost-range': 'a range that is posted to a hart that has one already is lost',
	'stale-last-page': 'a flush of a page leaves the last pages that translated code keeps',
	'stale-region': 'a translated region is run although the code that it was made from has changed',
	'skip-poison': 'slot 0 of an empty table is not poisoned, and matches page 0',
} as const satisfies Record<string, string>
export type Fault = keyof typeof faults

export const faultNames = Object.keys(faults) as readonly Fault[]

/** Of this thread. */
let broken: Fault | undefined

/** From now on, on this thread. To be called before anything is created that keeps the rule. */
export function breakRule(fault: Fault | undefined): void {
	broken = fault
}

/** Whether the rule is broken. To be asked behind the label `FAULT` only. */
export function breaks(fault: Fault): boolean {
	return broken === fault
}

/** The fault's number in the hart core; 0: none. */
export function faultNumber(): number {
	return broken === undefined ? 0 : 1 + faultNames.indexOf(broken)
}
