/** Tables of what guests do: speeds by design, QEMU beside, what was flushed, and why pages missed. */
import {tlbKeys} from '../../../tlb/index.ts'
import {withSpread} from '../../report/words.ts'
import {missClasses} from '../counters.ts'
import {guestParts, linuxPrograms, type PartName, parts, switchStorm} from '../parts.ts'
import {defaultId} from '../plan.ts'
import {type Subject, type Summary, switchesAlone} from './summary.ts'
import {aligned, named, type ReportTable} from './table.ts'

const speedAbout =
	"The default's time divided by this design's: above 1 this design is faster. Each run is paired with the default's nearest one."

/** Every design, by part. */
export function effects(summary: Summary): ReportTable | undefined {
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

export function againstQemu(summary: Summary): ReportTable | undefined {
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

export function boot(summary: Summary): ReportTable | undefined {
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
export function byValue(summary: Summary, part: PartName, field: string): ReportTable | undefined {
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
		lines: aligned(
			['', ...values.map(({value, subject}) => (subject === defaultId ? `${value} (default)` : value))],
			rows.length > 1 ? [...rows, mean] : rows,
		),
	}
}

const titleOf = (part: PartName) => `${part[0]!.toUpperCase()}${part.slice(1)}`

export function combinations(summary: Summary, part: (typeof guestParts)[number]): ReportTable | undefined {
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
export function flushes(summary: Summary): ReportTable | undefined {
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

/** Why pages missed, of designs that tell misses apart. */
export function misses(summary: Summary, part: 'boot' | 'switches'): ReportTable | undefined {
	const [timed] = summary.timed(part)
	if (!timed) return undefined
	const {program} = timed
	const subjects = summary.subjectsOf({program}).filter(({id}) => summary.missShare('cold', {program, subject: id}))
	if (subjects.length === 0) return undefined
	return {
		name: `misses-${part}`,
		title: part === 'boot' ? "Why pages miss in Debian's boot" : 'Why pages miss in the programs under Linux, one hart',
		about:
			'Percent of all misses; statistics.md says what the classes are. Flushed: a flush took the entry, and it was used again.',
		lines: aligned(
			['', ...missClasses],
			subjects.map((subject) => [
				named(subject),
				...missClasses.map((each) => withSpread(summary.missShare(each, {program, subject: subject.id}))),
			]),
		),
	}
}

/** What switches alone flush. */
export function switchFlushes(summary: Summary): ReportTable | undefined {
	const subjects = summary.subjectsOf({program: switchesAlone})
	if (subjects.length === 0) return undefined
	return {
		name: 'switch-flushes',
		title: `Flushes of switches alone: ${switchStorm.join(', ')}, one hart`,
		about: `What boots count is taken off. ${flushesAbout}`,
		lines: aligned(
			['', ...flushColumns],
			subjects.map((subject) => [named(subject), ...flushesOf(summary, switchesAlone, subject)]),
		),
	}
}

const latencies = {
	'remote flush, median': 'tlbPool.remoteFlushes.median',
	'99 %': 'tlbPool.remoteFlushes.p99',
	'grace period, median': 'rcu.latency.median',
	'its 99 %': 'rcu.latency.p99',
} as const

/** What the storms on several harts wait for, by design. */
export function remoteFlushes(summary: Summary): ReportTable | undefined {
	const rows = Object.entries(linuxPrograms.storms)
		.filter(([harts]) => Number(harts) > 1)
		.flatMap(([harts, [program = '']]) =>
			summary.subjectsOf({program}).flatMap((subject) => {
				const figures = Object.values(latencies).map((name) => summary.latency(name, {program, subject: subject.id}))
				return figures[0] ? [[named(subject), harts, ...figures.map(withSpread)]] : []
			}),
		)
	if (rows.length === 0) return undefined
	return {
		name: 'remote',
		title: 'Remote flushes and grace periods in the storms',
		about:
			'Microseconds. A remote flush: from its start until every target has passed a quiescent state. Of a whole run, boot included.',
		lines: aligned(['', 'harts', ...Object.keys(latencies)], rows),
	}
}
