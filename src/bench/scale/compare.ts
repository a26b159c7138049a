/** `manyhart report compare`: points that two records have in common. */

import {markdownTable} from '../markdown.ts'
import type {Spread} from '../statistics.ts'
import type {Engine, ScaleRecord, Scaling} from './record.ts'
import {Summary} from './report/summary.ts'
import {withInterval, withUnit} from './report/words.ts'
import {separateRatio, type Verdict, verdictOn} from './statistics.ts'

export type ComparedPoint = Readonly<{
	workload: string
	scaling: Scaling
	harts: number
	/** As the two records name the engine. */
	engines: readonly [string, string]
	rates: readonly [Spread, Spread]
	/** The other's rate as a multiple of the one's. */
	ratio: Spread
	/** `unlike`: not called, since the two were not measured alike. */
	verdict: Verdict | 'unlike'
}>

export type Comparison = Readonly<{
	points: readonly ComparedPoint[]
	/** Why the two may differ beside what was changed. */
	warnings: readonly string[]
}>

/** What else may be the reason for a difference: of all points, or of a workload's. */
type Unlike = Readonly<{all: readonly string[]; works: readonly string[]}>

/** Versions may differ: that is what is compared. A QEMU only stands for the same version, Manyhart for the same design of the TLB. */
function keyOf(engine: Engine): string {
	if (engine.kind === 'qemu') return `qemu ${engine.version}`
	return engine.kind === 'manyhart' ? `manyhart ${engine.tlb ?? ''}` : engine.kind
}

export function compareRecords(one: ScaleRecord, other: ScaleRecord): Comparison {
	const [before, after] = [new Summary(one), new Summary(other)]
	const engines = one.engines.flatMap((engine) => {
		const same = other.engines.find((each) => keyOf(each) === keyOf(engine))
		return same ? [[engine.id, same.id] as const] : []
	})
	const unlike = unlikeness(one, other)
	const isAlike = (workload: string) => unlike.all.length === 0 && !unlike.works.includes(workload)
	const points = engines.flatMap(([left, right]) =>
		before.workloads.flatMap(({name: workload}) =>
			one.scalings.flatMap((scaling) =>
				one.smp
					.filter((harts) => scaling === 'strong' || harts > 1)
					.flatMap((harts): readonly ComparedPoint[] => {
						const place = {workload, scaling, harts}
						const rates = [before.rate({...place, engine: left}), after.rate({...place, engine: right})] as const
						const ratio = separateRatio(
							[...after.rates({...place, engine: right}).values()],
							[...before.rates({...place, engine: left}).values()],
						)
						if (!rates[0] || !rates[1] || !ratio) return []
						const verdict = isAlike(workload) ? verdictOn(ratio) : 'unlike'
						return [{...place, engines: [left, right], rates: [rates[0], rates[1]], ratio, verdict}]
					}),
			),
		),
	)
	return {points, warnings: warningsOf(unlike, [one, other])}
}

function unlikeness(one: ScaleRecord, other: ScaleRecord): Unlike {
	const hosts = [one, other].map(
		({host: {platform, arch, model, cores}}) => `${platform}, ${arch}, ${cores} cores, ${model ?? 'unknown'}`,
	)
	const works = one.workloads.flatMap(({name, work}) => {
		const same = other.workloads.find((each) => each.name === name)
		return same && JSON.stringify(same.work) !== JSON.stringify(work) ? [name] : []
	})
	const methods = [one, other].map(({campaign}) => (campaign === undefined ? 'manyhart scale' : 'a campaign'))
	const all = [
		...(hosts[0] === hosts[1] ? [] : [`the hosts differ: ${hosts.join('; and ')}`]),
		...(one.guest === other.guest ? [] : [`the guests differ: ${one.guest ?? 'none'}; and ${other.guest ?? 'none'}`]),
		...(methods[0] === methods[1] ? [] : [`the methods differ: ${methods.join('; and ')}`]),
	]
	return {all, works}
}

function warningsOf({all, works}: Unlike, records: readonly ScaleRecord[]): readonly string[] {
	return [
		...all,
		...(works.length > 0 ? [`the amount of work differs: ${works.join(', ')}`] : []),
		...records.flatMap(({state}, index) =>
			state === 'complete' ? [] : [`the ${index === 0 ? 'first' : 'second'} record is not complete: ${state}`],
		),
	]
}

const calls: Readonly<Record<ComparedPoint['verdict'], string>> = {
	more: 'faster',
	less: 'slower',
	none: 'not shown to differ',
	'too few': 'not called: fewer than five repetitions',
	unlike: 'not called: see the note',
}

export function comparisonText({points, warnings}: Comparison): string {
	if (points.length === 0) return ['The records have no point in common.', ...warnings].join('\n')
	const rows = points.map(({workload, scaling, harts, engines: [left, right], rates, ratio, verdict}) => [
		workload,
		scaling,
		`${harts}`,
		left === right ? left : `${left} → ${right}`,
		withUnit(rates[0]),
		withUnit(rates[1]),
		withInterval(ratio),
		calls[verdict],
	])
	const count = (...of: readonly ComparedPoint['verdict'][]) =>
		points.filter(({verdict}) => of.includes(verdict)).length
	return [
		...markdownTable(
			[
				'workload',
				'scaling',
				'harts',
				'engine',
				'first, operations/s',
				'second, operations/s',
				'ratio',
				'the second is',
			],
			rows,
			['left', 'left', 'right', 'left', 'right', 'right', 'right', 'left'],
		),
		'',
		`${points.length} points: ${count('more')} faster, ${count('less')} slower, ${count('none', 'too few', 'unlike')} not called.`,
		...warnings.map((warning) => `Note: ${warning}.`),
	].join('\n')
}
