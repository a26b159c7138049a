/** Imported first: says which Node the program needs. An older one must be able to read this file. */

/** As in package.json's `engines`. */
const leastNode = 24

/** @returns one line, or undefined if the version will do. */
export function nodeMismatch(version: string): string | undefined {
	if (Number.parseInt(version, 10) >= leastNode) return undefined
	return `Expected Node ${leastNode} or newer to run Manyhart, got ${version}`
}
