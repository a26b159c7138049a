/** The report's sections, from a summary: overview, workloads, host, failures. */
import {type Block, type Figure, paragraph, type Section, type Table} from '../../report/document.ts'
import {figure} from '../../report/words.ts'
import type {Spread} from '../../statistics.ts'
import {hartsInWords} from '../plan.ts'
import type {Engine, ScaleRecord, Workload} from '../record.ts'
import {taskTimeout} from '../run-guest.ts'
import {verdictOn} from '../statistics.ts'
import {peakHarts} from '../usl.ts'
import {longestPart, nativeName} from '../workloads.ts'
import {latencyTable} from './latency.ts'
import type {Place, Summary, UslOfCurve} from './summary.ts'
import {timeTable} from './time.ts'
import {beyondMark, coefficient, nameOf, starred, withInterval, withUnit} from './words.ts'

/** What was measured, on what, and how much of it. */
export function provenance({host, ...record}: ScaleRecord): readonly Block[] {
	const {command, date, manyhart, node, guest, boots, planned, state, repeat, quick} = record
	const memory = Math.round(host.memoryBytes / 2 ** 30)
	const {platform, arch, release, cores, model, virtual, load} = host
	const where = [
		`${platform} ${release}, ${arch}, ${cores} cores${model ? ` of ${model}` : ''}, ${memory} GiB`,
		...(virtual ? ['a virtual machine'] : []),
		`load average ${figure(load)} before the start`,
	].join('; ')
	const engines = record.engines.map((engine) => (engine.kind === 'native' ? `native (${engine.compiler})` : engine.id))
	return [
		paragraph(
			`\`${command}\`, ${date.slice(0, 10)}: Manyhart ${manyhart}, Node ${node}. Host: ${where}.${guest ? ` Guest: ${guest}.` : ''}`,
		),
		paragraph(
			`Engines: ${engines.join(', ')}. ${boots.length} of ${planned} boots in ${repeat === 1 ? '1 repetition' : `${repeat} repetitions`}, ${state}.`,
		),
		...(quick
			? [paragraph('A quick look: a single repetition. Figures are rough, and no differences are called.')]
			: []),
	]
}

/** Share of the cores: with more, figures say little of the engines. */
const mostOthers = 0.1

/** @returns a warning if other processes had the host's cores meanwhile. */
export function disturbance({otherCores, cores}: Summary): readonly Block[] {
	if (otherCores === undefined || otherCores <= mostOthers * cores) return []
	return [
		paragraph(
			`**The host was busy.** In half of the runs other processes used ${figure(otherCores)} or more of its ${cores} cores. The speed-ups are limited by the cores that were left.`,
		),
	]
}

type Method = Readonly<{order: string; limit: string; ratios: string}>

const methodOfScale: Method = {
	order: 'Within a repetition they take turns; each repetition begins with another engine.',
	limit: `After ${longestPart / 1000} seconds it ends with what it has done.`,
	ratios: 'Ratios, such as speed-ups, compare runs of the same repetition.',
}

const methodOfCampaign: Method = {
	order:
		'Each run is a boot of its own, with one program. The plan has the repetitions one after the other, and engines by turns within them. Runs share the cores: a run with N harts takes N of them, and others of the campaign may go on beside it. They count as other processes.',
	limit: `It does all of its work, or is ended after ${taskTimeout} seconds.`,
	ratios:
		'Hosts share the repetitions, so those of this host are numbered in the order in which they ran. Ratios, such as speed-ups, compare runs of the same number, which need not have run one after the other.',
}

/** How it was measured, and how figures are written. */
export function method({cores, record}: Summary): Section {
	const {order, limit, ratios} = record.campaign === undefined ? methodOfScale : methodOfCampaign
	return {
		id: 'method',
		title: 'How it was measured',
		blocks: [
			{
				kind: 'list',
				items: [
					`All engines boot the same kernel, initial RAM disk and kernel command line, with the same number of harts and the same memory. ${order}`,
					`Each program first does a quarter of its work as a warm-up, which is not timed. Times are by the guest's clock. ${limit} The checksum depends on the work alone. Right is that of \`native\`, or else that of most engines; other runs count as failed.`,
					'`native` is the same program, compiled for the host, with as many threads or processes: the limit.',
					'Figures are medians over the repetitions. In square brackets: the 95 % bootstrap interval of the median, from five repetitions on. In round brackets: least and greatest, of fewer.',
					`${ratios} A difference is called only where the whole interval is on one side of 1. That still happens by chance at about one of twenty points.`,
					`Points with more harts than the host's ${cores} cores are marked with ${beyondMark}, and hollow in plots. They show how an engine shares cores, not how it scales.`,
				],
			},
		],
	}
}

/** The greatest number of harts that is compared: up to the cores, if more than one was measured. */
export function headlineHarts(summary: Summary): number | undefined {
	const many = summary.measuredHarts.filter((harts) => harts > 1)
	return many.filter((harts) => !summary.exceedsCores(harts)).at(-1) ?? many[0]
}

export function overview(summary: Summary): Table | undefined {
	const harts = headlineHarts(summary)
	if (harts === undefined) return undefined
	const [own] = summary.enginesOf('manyhart')
	const [native] = summary.enginesOf('native')
	const qemus = own ? summary.enginesOf('qemu') : []
	const at = (engine: Engine, {name}: Workload): Place => ({
		engine: engine.id,
		workload: name,
		scaling: 'strong',
		harts,
	})
	const columns: readonly Readonly<{heading: string; cell: (workload: Workload) => string}>[] = [
		...summary.engines.map((engine) => ({
			heading: engine.id,
			cell: (workload: Workload) => withInterval(summary.speedUp(at(engine, workload))),
		})),
		...(own && native
			? [
					{
						heading: `scales, ${native.id} =\u00a01`,
						cell: (workload: Workload) => withInterval(summary.speedUpAgainst(at(own, workload), native.id)),
					},
				]
			: []),
		...qemus.flatMap(({id}) => [
			{
				heading: `speed, ${id} =\u00a01`,
				cell: (workload: Workload) => withInterval(summary.rateAgainst(at(own!, workload), id)),
			},
			{
				heading: `scales, compared with ${id}`,
				cell: (workload: Workload) => scalingVerdict(summary, at(own!, workload), id),
			},
		]),
	]
	const rows = summary.workloads.map((workload) => [nameOf(workload), ...columns.map(({cell}) => cell(workload))])
	if (rows.length === 0) return undefined
	const relative =
		own && (native || qemus.length > 0)
			? ` Then ${own.id} in relation to the others: its speed-up as a share of theirs (scales), and its speed on as many harts.`
			: ''
	return {
		kind: 'table',
		caption: `Speed-up on ${starred(summary, harts)} harts over one hart, strong scaling.${relative}`,
		heading: ['workload', ...columns.map(({heading}) => heading)],
		rows,
	}
}

const callWords = {
	more: 'better',
	less: 'worse',
	none: 'no difference shown',
	'too few': 'too few repetitions',
} as const

function scalingVerdict(summary: Summary, place: Place, other: string): string {
	const ratio = summary.speedUpAgainst(place, other)
	if (!ratio) return '–'
	const call = verdictOn(ratio)
	return call === 'more' || call === 'less' ? `${callWords[call]}: ${withInterval(ratio)}` : callWords[call]
}

export function workloadSection(summary: Summary, workload: Workload, figures: readonly Figure[]): Section {
	const {name, title, unit, work, limit} = workload
	return {
		id: `workload-${name.replaceAll(/[^\w-]/g, '-')}`,
		title: `${nameOf(workload)}: ${title}`,
		blocks: [
			paragraph(
				work === undefined
					? 'It runs once, with the number of harts in the environment variable `THREADS`.'
					: `One operation: ${unit}. Operations: ${figure(work.emulated)} in a guest${nativeName(name) === undefined ? '' : `, ${figure(work.native)} natively`}; in total for strong scaling, per worker for weak. Limited by: ${limit}.`,
			),
			...(figures.length > 0 ? [{kind: 'figures', figures} as const] : []),
			...summary.record.scalings.flatMap((scaling) => curveTable(summary, workload, scaling) ?? []),
			...(uslTable(summary, workload) ?? []),
			...[timeTable(summary, workload), latencyTable(summary, workload)].filter((table) => table !== undefined),
		],
	}
}

function curveTable(summary: Summary, workload: Workload, scaling: 'strong' | 'weak'): Table | undefined {
	const isStrong = scaling === 'strong'
	const rows = summary.engines.flatMap((engine) =>
		summary
			.hartsOf({engine: engine.id, workload: workload.name, scaling})
			.filter((harts) => isStrong || harts > 1)
			.map((harts) => {
				const place = {engine: engine.id, workload: workload.name, scaling, harts}
				const instructions = summary.instructions(place)
				return [
					engine.id,
					starred(summary, harts),
					withUnit(summary.rate(place)),
					withInterval(summary.speedUp(place)),
					withInterval(summary.efficiency(place)),
					...(isStrong ? [withInterval(summary.serialFraction(place))] : []),
					medianOf(summary.cost('cpuSeconds', place)),
					[summary.cost('voluntarySwitches', place), summary.cost('involuntarySwitches', place)]
						.map(medianOf)
						.join(' / '),
					instructions ? withUnit(onlyMedian(instructions.total)) : '–',
				]
			}),
	)
	if (rows.length === 0) return undefined
	return {
		kind: 'table',
		caption: isStrong
			? 'Strong scaling: the same work on any number of harts. CPU seconds, context switches (voluntary / involuntary) and instructions are those of the measured part: of all threads of the engine, or of the native program.'
			: 'Weak scaling: the work grows with the harts. Speed-up is the ratio of the rates.',
		heading: [
			'engine',
			'harts',
			'operations/s',
			'speed-up',
			'efficiency',
			...(isStrong ? ['serial fraction'] : []),
			'CPU s',
			'switches',
			'instructions',
		],
		rows,
	}
}

const onlyMedian = ({median, least, greatest}: Spread): Spread => ({median, least, greatest, count: 1})

const medianOf = (spread: {median: number} | undefined) => (spread ? figure(spread.median) : '–')

function uslTable(summary: Summary, {name}: Workload): readonly Block[] | undefined {
	const fits = summary.engines.flatMap(({id}) => {
		const fit = summary.usl({engine: id, workload: name, scaling: 'strong'})
		return fit ? [{id, fit}] : []
	})
	if (fits.length === 0) return undefined
	return [
		{
			kind: 'table',
			caption: `Universal Scalability Law, fitted to strong scaling: σ (contention), κ (coherency), and the number of harts at which its curve is highest.${fits.some(({fit}) => fit.beyondCores) ? ` Marked with ${beyondMark}: fewer than three numbers of harts do not exceed the cores, so all points are fitted, and the coefficients reflect the host's scheduler, too.` : ''}`,
			heading: ['engine', 'σ', 'κ', 'highest at'],
			rows: fits.map(({id, fit}) => [
				`${id}${fit.beyondCores ? beyondMark : ''}`,
				coefficient(fit.sigma, fit.intervals?.sigma),
				coefficient(fit.kappa, fit.intervals?.kappa),
				peakInWords(fit),
			]),
		},
	]
}

function peakInWords(fit: UslOfCurve): string {
	const peak = peakHarts(fit)
	if (!(peak > 1)) return '1 hart'
	return peak > 1e4 ? 'no end' : `${figure(peak)} harts`
}

/** What the host did to the measurement. */
export function hostSection(summary: Summary): Section | undefined {
	const rows = summary.engines.flatMap(({id}) =>
		summary.record.smp.flatMap((harts) => {
			const runs = summary.record.runs.filter(
				(run) => run.engine === id && run.harts === harts && run.error === undefined,
			)
			const medianBy = (of: (run: (typeof runs)[number]) => number | undefined) => {
				const values = runs.flatMap((run) => of(run) ?? []).toSorted((one, other) => one - other)
				return values.length > 0 ? figure(values[Math.floor(values.length / 2)]!) : '–'
			}
			const most = Math.max(0, ...runs.map(({otherCores = 0}) => otherCores))
			if (runs.length === 0) return []
			return [
				[
					id,
					starred(summary, harts),
					medianBy(({otherCores}) => otherCores),
					figure(most),
					medianBy(({stealSeconds}) => stealSeconds),
					medianBy(({waitedSeconds}) => waitedSeconds),
				],
			]
		}),
	)
	if (rows.length === 0) return undefined
	return {
		id: 'host',
		title: 'What else the host did',
		blocks: [
			{
				kind: 'table',
				caption:
					'While each was measured: cores that other processes used, time that the hypervisor gave to others, and time that the engine’s threads were runnable without running. Medians over the runs, and the most.',
				heading: ['engine', 'harts', 'other processes, cores', 'most', 'stolen, s', 'runnable, s'],
				rows,
			},
		],
	}
}

export function failureSection(summary: Summary): Section | undefined {
	const {failures} = summary
	const boots = summary.record.boots.filter(({error}) => error !== undefined)
	if (failures.length === 0 && boots.length === 0) return undefined
	return {
		id: 'failures',
		title: 'Runs that failed',
		blocks: [
			{
				kind: 'table',
				caption: 'These runs count nowhere else.',
				heading: ['workload', 'scaling', 'engine', 'harts', 'repetition', 'what it said'],
				align: ['left', 'left', 'left', 'right', 'right', 'left'],
				rows: failures.map(({workload, scaling, engine, harts, repetition, error}) => [
					`\`${workload}\``,
					scaling,
					engine,
					`${harts}`,
					`${repetition + 1}`,
					error ?? '',
				]),
			},
			...(boots.length > 0
				? [
						{
							kind: 'list',
							items: boots.map(
								({engine, harts, repetition, error}) =>
									`${engine}, ${hartsInWords(harts)}, repetition ${repetition + 1}: ${error}`,
							),
						} as const,
					]
				: []),
		],
	}
}
