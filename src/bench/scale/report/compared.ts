/** The report's answers: what scales worse than under QEMU, and whether independent compute keeps the host's cores. */
import {type Block, paragraph, type Section} from '../../report/document.ts'
import type {Spread} from '../../statistics.ts'
import {verdictOn} from '../statistics.ts'
import type {Summary} from './summary.ts'
import {growthInWords, growthOf} from './time.ts'
import {nameOf, starred, withInterval} from './words.ts'

/** The list of what scales worse than under a QEMU, at any number of harts: only what the intervals show. */
export function worseThanQemu(summary: Summary): Section | undefined {
	const [own] = summary.enginesOf('manyhart')
	const qemus = summary.enginesOf('qemu')
	if (!own || qemus.length === 0 || !summary.record.smp.some((harts) => harts > 1)) return undefined
	const compared = summary.workloads.flatMap((workload) =>
		qemus.flatMap((qemu) =>
			summary.record.scalings.flatMap((scaling) =>
				summary.record.smp.flatMap((harts) => {
					const ratio = summary.speedUpAgainst({engine: own.id, workload: workload.name, scaling, harts}, qemu.id)
					return ratio ? [{workload, scaling, harts, qemu, ratio, call: verdictOn(ratio)}] : []
				}),
			),
		),
	)
	if (compared.length === 0) return undefined
	const worse = compared.filter(({call}) => call === 'less')
	const undecided = compared.filter(({call}) => call === 'too few').length
	const workloads = (points: typeof compared) => new Set(points.map(({workload}) => workload.name)).size
	const text =
		worse.length > 0
			? `${worse.length} of ${compared.length} points, of ${workloads(worse)} of ${workloads(compared)} workloads, scale worse than under QEMU by more than the spread.`
			: undecided === compared.length
				? `${compared.length} points were compared. With fewer than five repetitions, none is called worse or better.`
				: `None of ${compared.length} points, of ${workloads(compared)} workloads, scales worse than under QEMU by more than the spread.`
	const chance =
		undecided === compared.length
			? []
			: [
					paragraph(
						'Two or three in a hundred points would be called worse by chance alone, if nothing differed. What scales worse may still be faster: see the overview.',
					),
				]
	return {
		id: 'worse',
		title: 'What scales worse than under QEMU',
		blocks: [
			paragraph(text),
			...chance,
			...(worse.length > 0
				? [
						{
							kind: 'table',
							caption: `Speed-up relative to QEMU's; and the share of the harts' time, as measured in ${own.id}, that grew most from one hart to so many. That points to the cause, and does not prove it. Waiting by spinning, in the guest, is part of translated code.`,
							heading: ['workload', 'scaling', 'harts', 'compared with', 'ratio', 'what grew most'],
							align: ['left', 'left', 'right', 'left', 'right', 'left'],
							rows: worse.map(({workload, scaling, harts, qemu, ratio}) => [
								nameOf(workload),
								scaling,
								starred(summary, harts),
								qemu.id,
								withInterval(ratio),
								growthInWords(growthOf(summary, {workload: workload.name, scaling, harts})),
							]),
						} as const,
					]
				: []),
		],
	}
}

/** Independent compute on two harts is to have at least so much of the efficiency of the host itself. */
const wantedShare = 0.95
const independentHarts = 2

export function independentCompute(summary: Summary): Section | undefined {
	const [own] = summary.enginesOf('manyhart')
	const [native] = summary.enginesOf('native')
	if (!own || !native) return undefined
	const rows = summary.workloads
		.filter(({independent}) => independent)
		.flatMap((workload) =>
			summary.record.scalings.flatMap((scaling) => {
				const place = {engine: own.id, workload: workload.name, scaling, harts: independentHarts}
				const share = summary.speedUpAgainst(place, native.id)
				if (!share) return []
				return [
					[
						nameOf(workload),
						scaling,
						withInterval(summary.efficiency(place)),
						withInterval(summary.efficiency({...place, engine: native.id})),
						withInterval(share),
						reached(share),
					],
				]
			}),
		)
	if (rows.length === 0) return undefined
	const beyond: readonly Block[] = summary.exceedsCores(independentHarts)
		? [paragraph(`**The host has fewer than ${independentHarts} cores:** this says nothing of the engine.`)]
		: []
	return {
		id: 'independent',
		title: `Independent compute on ${independentHarts} harts`,
		blocks: [
			...beyond,
			{
				kind: 'table',
				caption: `Efficiency on ${independentHarts} harts, that of ${independentHarts} native processes of the same program in the same repetitions, and the one as a share of the other. To be reached: ${wantedShare}.`,
				heading: ['workload', 'scaling', own.id, native.id, 'share', `at least ${wantedShare}`],
				align: ['left', 'left', 'right', 'right', 'right', 'left'],
				rows,
			},
		],
	}
}

/** By the interval, and not by the median. */
export function reached({interval}: Spread, least = wantedShare): string {
	if (!interval) return 'too few repetitions'
	const [from, to] = interval
	if (from >= least) return 'reached'
	return to < least ? 'not reached' : 'not shown: the interval is on both sides'
}
