/** What a model is: its scenes, and the mistakes that are made in it. */

/** safety: assertions, and that no thread is stuck. liveness: that everything ends, under weak fairness. */
export type Check = 'safety' | 'liveness'

export type Scene = Readonly<{
	name: string
	/** Macros of the model. */
	parameters: Readonly<Record<string, number | string>>
	checks: readonly Check[]
	/** Checked only when asked for: minutes. */
	isLong?: boolean
}>

/** A mistake, and the least that refutes it. */
export type Mistake<SceneName extends string = string> = Readonly<{
	/** The macro. */
	name: string
	/** What it does. */
	what: string
	scene: SceneName
	check: Check
}>

export type Model = Readonly<{
	/** scripts/model/NAME.pml */
	name: string
	scenes: readonly Scene[]
	/** The code as it was once. */
	formerFaults: readonly Mistake[]
	/** One atomic step left out, or two that change places. */
	mutants: readonly Mistake[]
}>

export function mistakesOf({formerFaults, mutants}: Model): readonly Mistake[] {
	return [...formerFaults, ...mutants]
}
