/** The file of a campaign: YAML of a schema. Mistakes are named with their line, what was expected and what came. */
import * as v from 'valibot'
import {isCollection, isPair, LineCounter, parseDocument} from 'yaml'
import {readText} from '../bench/record-file.ts'
import {scaleGuests} from '../bench/scale/one-run.ts'
import {scalings} from '../bench/scale/record.ts'
import {scaleWorkloads} from '../bench/scale/workloads.ts'
import {maximumHarts} from '../board/index.ts'
import {expected} from '../errors.ts'
import {stressKinds} from '../main/command-line/stress-library.ts'
import {formatTlbDesign, parseTlbDesign} from '../tlb/index.ts'
import {engineNames} from './run.ts'

/** The messages of the schema say what was expected. */
const integer = (least: number, most: number) => {
	const what = `an integer from ${least} to ${most}`
	return v.pipe(v.number(what), v.integer(what), v.minValue(least, what), v.maxValue(most, what))
}

const oneOf = <const Names extends readonly [string, ...string[]]>(names: Names) =>
	v.picklist(names, `one of ${names.join(', ')}`)

/** One, or a list of them. */
const list = <Item extends v.GenericSchema>(item: Item) =>
	v.pipe(
		v.union([v.pipe(v.array(item), v.minLength(1, 'a list with something in it')), item]),
		v.transform((given) => (Array.isArray(given) ? given : [given]) as v.InferOutput<Item>[]),
	)

const mostSeeds = 1_000_000
const seed = integer(0, 2 ** 32 - 1)
const seedRange = v.pipe(
	v.strictObject({from: seed, to: seed}, 'a seed, a list of seeds, or {from, to}'),
	v.check(({from, to}) => from <= to && to - from < mostSeeds, `from and to that are at most ${mostSeeds} seeds`),
	v.transform(({from, to}) => Array.from({length: to - from + 1}, (_, index) => from + index)),
)
const seeds = v.lazy((input: unknown) =>
	typeof input === 'object' && input !== null && !Array.isArray(input) ? seedRange : list(seed),
)

/** The name of the usual design. */
const usual = 'default'
const tlb = v.pipe(
	v.string('a design of the TLB, as after --tlb, or default'),
	v.rawTransform(({dataset, addIssue, NEVER}) => {
		if (dataset.value === usual) return undefined
		try {
			return formatTlbDesign(parseTlbDesign(dataset.value))
		} catch (error) {
			addIssue({message: `default, or a design of the TLB (${(error as Error).message})`})
			return NEVER
		}
	}),
)

const workloadNames = scaleWorkloads.map(({name}) => name) as [string, ...string[]]

const common = {
	harts: list(integer(1, maximumHarts)),
	tlb: v.optional(list(tlb), usual),
	seed: v.optional(seeds),
	repeat: v.optional(integer(1, 100_000), 1),
}

const ScaleEntry = v.strictObject({
	kind: v.optional(v.literal('scale'), 'scale'),
	guest: v.optional(list(oneOf(scaleGuests)), 'linux'),
	workload: v.union([
		v.pipe(
			v.literal('all'),
			v.transform(() => workloadNames),
		),
		list(v.picklist(workloadNames, `all, or names among ${workloadNames.join(', ')}`)),
	]),
	engine: v.optional(list(oneOf(engineNames)), 'manyhart'),
	scaling: v.optional(list(oneOf(scalings)), 'strong'),
	work: v.optional(integer(1, 1e12)),
	...common,
})

const StressEntry = v.strictObject({
	kind: v.literal('stress'),
	workload: list(oneOf(stressKinds)),
	seconds: v.optional(integer(1, 100_000), 10),
	...common,
})

const Entry = v.lazy((input: unknown): typeof StressEntry | typeof ScaleEntry => {
	const kind = (input as {kind?: unknown} | null | undefined)?.kind
	return kind === 'stress' ? StressEntry : ScaleEntry
})

const CampaignFile = v.strictObject({
	campaign: v.pipe(
		v.string('a name'),
		v.regex(/^[\w.+-]{1,64}$/, 'a name of at most 64 letters, digits, dots and dashes'),
	),
	attempts: v.optional(integer(1, 100), 3),
	backoff: v.optional(integer(1, 3600), 2),
	runs: v.pipe(v.array(Entry, 'a list'), v.minLength(1, 'a list with something in it')),
})
export type CampaignFile = v.InferOutput<typeof CampaignFile>
export type Entry = CampaignFile['runs'][number]

/** Names a place of the file in messages. */
export type Place = (path: readonly (string | number)[]) => string

export type ParsedCampaign = Readonly<{campaign: CampaignFile; place: Place}>

/** @throws UserError */
export async function readCampaign(path: string): Promise<ParsedCampaign> {
	return parseCampaign(await readText(path, path), path)
}

/** @param name of the file, for messages. @throws UserError that names the line. */
export function parseCampaign(text: string, name: string): ParsedCampaign {
	const lineCounter = new LineCounter()
	const document = parseDocument(text, {lineCounter, prettyErrors: false})
	const lineAt = (offset: number) => lineCounter.linePos(offset).line
	const [mistake] = document.errors
	if (mistake) throw expected(`${name}, line ${lineAt(mistake.pos[0])}, to be YAML`, mistake.message)
	const place: Place = (path) => {
		const words = path.map((key) => (typeof key === 'number' ? `[${key + 1}]` : `.${key}`)).join('')
		return `${name}, line ${lineAt(offsetOf(path))}${words === '' ? '' : `, ${words.replace(/^\./, '')}`}`
	}
	/** Of the key, or of what is to have it. */
	const offsetOf = (path: readonly (string | number)[]): number => {
		if (path.length === 0) return 0
		const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
		const key = path.at(-1)!
		if (isCollection(parent)) {
			const item =
				typeof key === 'number'
					? parent.items[key]
					: parent.items.find((each) => isPair(each) && String(each.key) === key)
			const node = (isPair(item) ? item.key : item) as {range?: readonly number[]} | undefined
			if (node?.range) return node.range[0]!
		}
		return offsetOf(path.slice(0, -1))
	}
	let value: unknown
	try {
		value = document.toJS({maxAliasCount: 100})
	} catch (error) {
		throw expected(`${name} to be YAML`, (error as Error).message)
	}
	const {success, output, issues} = v.safeParse(CampaignFile, value)
	if (success) return {campaign: output, place}
	const {path, what, got} = describeIssue(issues[0])
	throw expected(`${place(path)}, to be ${what}`, got)
}

type Issue = v.BaseIssue<unknown>

function describeIssue(issue: Issue): {path: readonly (string | number)[]; what: string; got: string} {
	// Of one or a list of them, the list's own mistake says more when a list was given.
	if (issue.type === 'union' && issue.issues) {
		const inner = issue.issues.find(({path}) => path !== undefined) ?? issue.issues.at(-1)!
		const described = describeIssue(inner)
		return {...described, path: [...pathOf(issue), ...described.path]}
	}
	const path = pathOf(issue)
	const got = issue.input === undefined ? 'nothing' : JSON.stringify(issue.input)
	if (issue.type !== 'strict_object') return {path, what: issue.message, got}
	// A key that is missing, or one that there is not.
	if (issue.expected === 'never') return {path, what: 'a key that docs/campaign.md names', got: String(path.at(-1))}
	if (issue.expected === 'Object') return {path, what: 'keys with values', got}
	return {path, what: 'there', got: 'nothing'}
}

const pathOf = ({path}: Issue) => (path ?? []).map(({key}) => key as string | number)
