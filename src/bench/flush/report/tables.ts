/** The tables of a record, by name, in Markdown. A table that has no figures is left out. */
import {parseTlbDesign, tlbKeys} from '../../../tlb/index.ts'
import {markdownTable} from '../../markdown.ts'
import {type PartName, parts} from '../parts.ts'
import {defaultId} from '../plan.ts'
import type {CostRow, Subject, Summary} from './summary.ts'
import {figure, withSpread} from './words.ts'

export type ReportTable = Readonly<{
	/** For the page's markers. */
	name: string
	title: string
	/** What the figures mean. */
	about: string
	lines: readonly string[]
}>

export function reportTables(summary: Summary): readonly ReportTable[] {
	return [
		...costTables(summary),
		effects(summary),
		againstQemu(summary),
		boot(summary),
		...guestParts.flatMap((part) => summary.variedKeys(part).map((field) => byValue(summary, part, field))),
		...guestParts.map((part) => combinations(summary, part)),
		flushes(summary),
	].filter((table) => table !== undefined)
}

export const guestParts = ['boot', 'compute', 'storms', 'switches', 'mix'] as const

const aligned = (heading: readonly string[], rows: readonly (readonly string[])[]) =>
	markdownTable(heading, rows, ['left', ...heading.slice(1).map(() => 'right' as const)])

const named = (subject: Subject) =>
	subject.kind === 'manyhart' && subject.name !== undefined ? `${subject.name} (\`${subject.id}\`)` : codeOf(subject)
const codeOf = ({id, kind}: Subject) => (kind === 'qemu' || id === defaultId ? id : `\`${id}\``)

/** By policy, as --tlb lists them; the default encoding first. */
function costOrder(subjects: readonly string[]): readonly string[] {
	const place = (subject: string) => {
		const {policy = ''} = parseTlbDesign(subject)
		return 2 * Object.keys(tlbKeys.policy.values).indexOf(policy) + Number(subject.includes(','))
	}
	return subjects.toSorted((one, other) => place(one) - place(other))
}

function costTables(summary: Summary): readonly (ReportTable | undefined)[] {
	const rows = summary.costs()
	const sizes = [...new Set(rows.map(({log2Entries}) => log2Entries))].toSorted((one, other) => one - other)
	const measured = new Set(rows.map(({subject}) => subject))
	const subjects = costOrder(summary.record.subjects.map(({id}) => id).filter((id) => measured.has(id)))
	const about =
		'Microseconds for three tables: median over the rounds of the medians of a round, with the least and greatest.'
	const bySize = (name: string, title: string, {fill, of}: {fill: CostRow['fill']; of: 'flushing' | 'total'}) => {
		if (rows.length === 0) return undefined
		const lines = aligned(
			['', ...sizes.map((size) => `2^${size}`)],
			subjects.map((subject) => [
				`\`${subject}\``,
				...sizes.map((size) =>
					withSpread(
						rows.find((row) => row.subject === subject && row.log2Entries === size && row.fill === fill)?.[of],
					),
				),
			]),
		)
		return {name, title, about, lines}
	}
	const filled = rows.filter(({log2Entries}) =>
		rows.some((row) => row.fill === 'other' && row.log2Entries === log2Entries),
	)
	const fills = [...new Set(filled.map((row) => row.filled))].toSorted((one, other) => one - other)
	const byFill = fills.length > 0 && {
		name: 'cost-fill',
		title: `One flush by entries filled, of tables with ${figure(2 ** filled[0]!.log2Entries)} entries, on the flushing thread`,
		about,
		lines: aligned(
			['', ...fills.map(String)],
			subjects.map((subject) => [
				`\`${subject}\``,
				...fills.map((fill) =>
					withSpread(filled.find((row) => row.subject === subject && row.filled === fill)?.flushing),
				),
			]),
		),
	}
	return [
		bySize('cost-all', 'One flush, all entries filled, on the flushing thread', {fill: 'all', of: 'flushing'}),
		bySize('cost-all-total', 'One flush, all entries filled, in all threads', {fill: 'all', of: 'total'}),
		bySize('cost-few', 'One flush, 16 entries filled, on the flushing thread', {fill: 'few', of: 'flushing'}),
		bySize('cost-few-total', 'One flush, 16 entries filled, in all threads', {fill: 'few', of: 'total'}),
		byFill || undefined,
	]
}

const speedAbout =
	"The default's time divided by this design's: above 1 this design is faster. Each run is paired with the default's nearest one."

/** Every design, by part. */
function effects(summary: Summary): ReportTable | undefined {
	const shown = guestParts.filter((part) => summary.parts.includes(part))
	const subjects = summary.record.subjects.filter(
		({id}) => id !== defaultId && shown.some((part) => summary.meanSpeed(part, id)),
	)
	if (subjects.length === 0) return undefined
	return {
		name: 'effects',
		title: 'What each design does to speed',
		about: `${speedAbout} Geometric means of each part's programs.`,
		lines: aligned(
			['', ...shown],
			subjects.map((subject) => [
				named(subject),
				...shown.map((part) => withSpread(summary.meanSpeed(part, subject.id))),
			]),
		),
	}
}

function againstQemu(summary: Summary): ReportTable | undefined {
	const qemus = summary.qemus
	const rows = guestParts
		.flatMap((part) => summary.timed(part))
		.filter(({program}) => qemus.some(({id}) => summary.speed(program, defaultId, id)))
		.map(({program}) => [
			program,
			withSpread(summary.spread('seconds', {program, subject: defaultId})),
			...qemus.flatMap(({id}) => [
				withSpread(summary.spread('seconds', {program, subject: id})),
				withSpread(summary.speed(program, defaultId, id)),
			]),
		])
	if (rows.length === 0) return undefined
	return {
		name: 'qemu',
		title: 'The default beside QEMU',
		about:
			"Seconds, from the same kernel, initramfs and binaries. Speed is QEMU's time divided by Manyhart's: above 1 Manyhart is faster.",
		lines: aligned(['', 'Manyhart', ...qemus.flatMap(({id}) => [id, 'speed'])], rows),
	}
}

const flushColumns = ['full flushes', 'tables emptied', 'page walks'] as const
const flushesAbout =
	"Full flushes are requests that empty a whole address space or more. Tables emptied are those of all harts and modes, QEMU's by its own count."

const flushesOf = (summary: Summary, program: string, {id}: Subject) =>
	flushColumns.map((column) => withSpread(summary.spread(column, {program, subject: id})))

function boot(summary: Summary): ReportTable | undefined {
	const subjects = summary.subjectsOf({program: 'boot'})
	if (subjects.length === 0) return undefined
	return {
		name: 'boot',
		title: "Debian's boot",
		about: `From the start of the process until init runs, one hart. CPU seconds are of the whole process. ${flushesAbout}`,
		lines: aligned(
			['', 'seconds', 'CPU seconds', 'speed', ...flushColumns],
			subjects.map((subject) => [
				named(subject),
				withSpread(summary.spread('seconds', {program: 'boot', subject: subject.id})),
				withSpread(summary.spread('boot CPU seconds', {program: 'boot', subject: subject.id})),
				subject.id === defaultId ? '1' : withSpread(summary.speed('boot', subject.id)),
				...flushesOf(summary, 'boot', subject),
			]),
		),
	}
}

const keys: Readonly<Record<string, Readonly<{name: string; about: string}>>> = tlbKeys

/** A part's programs by the values of one key. */
function byValue(summary: Summary, part: PartName, field: string): ReportTable | undefined {
	const {name, about} = keys[field]!
	const values = summary
		.valuesOf(field)
		.filter(({subject}) => subject === defaultId || summary.meanSpeed(part, subject))
	const rows = summary
		.timed(part)
		.map(({program}) => [
			program,
			...values.map(({subject}) => (subject === defaultId ? '1' : withSpread(summary.speed(program, subject)))),
		])
	const mean = [
		'geometric mean',
		...values.map(({subject}) => (subject === defaultId ? '1' : withSpread(summary.meanSpeed(part, subject)))),
	]
	return {
		name: `${part}-${name}`,
		title: `${titleOf(part)}, by ${name}: ${about}`,
		about: speedAbout,
		lines: aligned(['', ...values.map(({value}) => value)], rows.length > 1 ? [...rows, mean] : rows),
	}
}

const titleOf = (part: PartName) => `${part[0]!.toUpperCase()}${part.slice(1)}`

function combinations(summary: Summary, part: (typeof guestParts)[number]): ReportTable | undefined {
	const subjects = summary.subjectsOf({part}).filter((each) => each.kind === 'manyhart' && each.name !== undefined)
	if (subjects.length === 0) return undefined
	return {
		name: `${part}-combinations`,
		title: `${titleOf(part)}, by combinations`,
		about: `${speedAbout} ${titleOf(part)}: ${parts[part]}.`,
		lines: aligned(
			['', ...summary.timed(part).map(({program}) => program), 'geometric mean'],
			subjects.map((subject) => [
				named(subject),
				...summary.timed(part).map(({program}) => withSpread(summary.speed(program, subject.id))),
				withSpread(summary.meanSpeed(part, subject.id)),
			]),
		),
	}
}

/** What a run of all programs under Linux flushes. */
function flushes(summary: Summary): ReportTable | undefined {
	const [timed] = summary.timed('switches')
	if (!timed) return undefined
	const {program} = timed
	const subjects = summary
		.subjectsOf({program})
		.filter(({id}) => summary.spread('tables emptied', {program, subject: id}))
	if (subjects.length === 0) return undefined
	return {
		name: 'flushes',
		title: 'Flushes of the programs under Linux, one hart',
		about: `Of a whole run: boot, and the programs of all parts that the design takes part in. ${flushesAbout}`,
		lines: aligned(
			['', ...flushColumns],
			subjects.map((subject) => [named(subject), ...flushesOf(summary, program, subject)]),
		),
	}
}
