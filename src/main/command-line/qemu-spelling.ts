/**
 * QEMU's spelling: our options after a single dash are read as if after two, and QEMU's other options are dropped where
 * they change nothing here, and refused otherwise.
 */
import {UserError} from '../../errors.ts'
import {runOptions} from './grammar.ts'
import {type QemuOption, qemuOptions} from './qemu-options.ts'
import {quoted} from './quantities.ts'

type OwnOption = Readonly<{isQemu: boolean; required: boolean}>

/** Our options of `run`, by name. */
const ownOptions: ReadonlyMap<string, OwnOption> = new Map<string, OwnOption>([
	...Object.values(runOptions())
		.flat()
		.flatMap((option) => option.names.map((name) => [name, option] as const)),
	...['help', 'version'].map((name) => [name, {isQemu: true, required: false}] as const),
])

const foreignOptions: ReadonlyMap<string, QemuOption> = new Map(
	qemuOptions.flatMap((option) => option.names.map((name) => [name, option] as const)),
)

/** These have a grammar of their own. */
const otherCommands = /^(?:exec|ssh|cp|guest|bench|stress|scale|report|campaign|help|complete|completion)$/

/** Names of one letter keep one dash. */
function longSpelling(name: string): string {
	return name.length === 1 ? `-${name}` : `--${name}`
}

/**
 * @example withLongDashes(['run', '-smp', '4', '-display', 'none']) // ['run', '--smp', '4']
 * @throws UserError for an option of QEMU's that would have an effect there and has none here.
 */
export function withLongDashes(args: readonly string[]): string[] {
	if (otherCommands.test(args[0] ?? '')) return [...args]
	const result: string[] = []
	const rest = [...args]
	for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
		if (arg === '--') return [...result, arg, ...rest]
		const {
			dashes,
			name = '',
			value,
		} = /^(?<dashes>--?)(?<name>[a-zA-Z][\w-]*)(?:=(?<value>.*))?$/s.exec(arg)?.groups ?? {}
		const own = ownOptions.get(name)
		const foreign = foreignOptions.get(name)
		if (own && (own.isQemu || dashes === '--')) {
			result.push(longSpelling(name) + (value === undefined ? '' : `=${value}`))
			// The value is passed on unchanged, even if it looks like an option.
			if (own.required && value === undefined && rest.length > 0) result.push(rest.shift()!)
		} else if (foreign) {
			const given = foreign.value === undefined ? undefined : (value ?? rest.shift())
			checkForeign(foreign, {name, value: given})
		} else result.push(arg)
	}
	return result
}

/** @throws UserError unless the option changes nothing here. */
function checkForeign(
	{taken, value: takesValue, reason}: QemuOption,
	{name, value}: Readonly<{name: string; value: string | undefined}>,
): void {
	if (takesValue !== undefined && value === undefined) throw new UserError(`Expected a value after -${name}, got none`)
	if (taken === 'always' || taken?.values.test(value!)) return
	throw new UserError(
		taken
			? `Expected -${name} ${taken.shown}, got ${quoted(value!)}: ${reason}`
			: `Expected an option that --help names, got -${name}: ${reason}`,
	)
}
