/** Waits for what another process does, however slow the machine is. */

/** Only a hang takes so long; below AVA's limit, so that the error says what is missing. */
const hangMs = 150_000

/** Resolves once the condition holds; checks every 20 ms. */
export async function eventually(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
	const start = performance.now()
	while (!(await condition())) {
		if (performance.now() - start > hangMs) throw new Error(`Expected at some time: ${what}`)
		await new Promise((resolve) => setTimeout(resolve, 20))
	}
}
