/** QEMU's spelling of options: long names after a single dash, read as if after two. */
import {runOptions} from './grammar.ts'

/** Options of `run` that QEMU has, too: name → whether a value follows. */
const qemuOptions: ReadonlyMap<string, boolean> = new Map(
	Object.values(runOptions())
		.flat()
		.filter(({isQemu}) => isQemu)
		.flatMap(({names, required}) => names.map((name) => [name, required] as const)),
)

/** Names of one letter keep one dash. */
function longSpelling(name: string): string {
	return name.length === 1 ? `-${name}` : `--${name}`
}

/** @example withLongDashes(['run', '-smp', '4']) // ['run', '--smp', '4'] */
export function withLongDashes(args: readonly string[]): string[] {
	const result: string[] = []
	for (let index = 0; index < args.length; index++) {
		const arg = args[index]!
		if (arg === '--') return [...result, ...args.slice(index)]
		const groups = /^--?(?<name>[a-zA-Z-]+?)(?<value>=.*)?$/s.exec(arg)?.groups
		const takesValue = groups?.name === undefined ? undefined : qemuOptions.get(groups.name)
		if (takesValue === undefined) {
			result.push(arg)
			continue
		}
		result.push(longSpelling(groups!.name!) + (groups!.value ?? ''))
		// The value is passed on unchanged, even if it looks like an option.
		if (takesValue && groups!.value === undefined && index + 1 < args.length) result.push(args[++index]!)
	}
	return result
}
