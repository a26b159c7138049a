/** The dependencies of packages, from the output of `apt-cache depends --recurse`. */

export type NeededPackagesOptions = Readonly<{
	/** Packages to leave out, with the dependencies that only they need. */
	without?: ReadonlySet<string>
}>

/** @returns the packages and all their dependencies; of alternatives the first. */
export function neededPackages(
	roots: readonly string[],
	tree: string,
	{without = new Set()}: NeededPackagesOptions = {},
): string[] {
	const dependencies = parseDependencies(tree)
	const needed = new Set<string>()
	const waiting = [...roots]
	for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
		if (needed.has(name) || without.has(name)) continue
		needed.add(name)
		waiting.push(...(dependencies.get(name) ?? []))
	}
	return [...needed].sort()
}

/** Packages are not indented; their dependencies follow, indented. A bar means that the next one is an alternative. */
function parseDependencies(tree: string): Map<string, string[]> {
	const dependencies = new Map<string, string[]>()
	let current: string[] = []
	let chosen = false
	for (const line of tree.split('\n')) {
		const [, bar, name] = /^ ([ |])(?:Pre)?Depends: ([^\s<>]+)$/.exec(line) ?? []
		if (name) {
			if (!chosen) current.push(name)
			chosen = bar === '|'
		} else if (/^\S+$/.test(line)) {
			current = []
			dependencies.set(line, current)
		}
	}
	return dependencies
}
