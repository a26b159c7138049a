/** The rule that is broken on purpose: its number in src/faults.ts; 0: none. Read under `if (FAULTS …)` only. */

/** Set by createEngine() of the build that can break rules. */
export let brokenRule: u32 = 0

export function breakRule(number: u32): void {
	brokenRule = number
}
