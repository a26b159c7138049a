/** Waits for what another process does, however slow the machine is. */
import {patience} from './patience.ts'

/** Resolves once the condition holds; checks every 20 ms. */
export async function eventually(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
	const start = performance.now()
	while (!(await condition())) {
		if (performance.now() - start > patience) throw new Error(`Expected: ${what}`)
		await new Promise((resolve) => setTimeout(resolve, 20))
	}
}
