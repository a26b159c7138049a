/** Compares the ways to look up a page: the programs on bare metal, with each value of three keys of --tlb in turn. */
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {barePrograms, type Figures, parseFigures} from '../../src/bench/index.ts'
import {formatTlbDesign, type TlbDesign, tlbKeys} from '../../src/tlb/index.ts'
import {BuildError} from '../build/project.ts'
import {choosePrograms} from './choose-programs.ts'
import {requireFigures, secondsOf} from './figures.ts'
import {BenchProgress} from './progress.ts'
import {buildSide} from './sides.ts'
import {geometricMean, type Measured, type Speed, spread} from './speeds.ts'
import {textTable} from './text-table.ts'

export type LookupOptions = Readonly<{
	/** Only the ways with these values. */
	tlb: Partial<TlbDesign>
	group?: readonly string[]
	program?: readonly string[]
	rounds: number
	scale: number
	json: boolean
	timeout: number
	manyhart: string
	/** Further options of manyhart. */
	own: readonly string[]
}>

/** The last one changes fastest. */
const compared = ['encoding', 'lastPages', 'lookup'] as const
export type Way = Pick<TlbDesign, (typeof compared)[number]>

/** All ways that have these values; the others are compared with the first. */
export function waysOf(only: Partial<TlbDesign>): readonly Way[] {
	let ways: readonly Partial<TlbDesign>[] = [only]
	for (const field of compared) {
		const values = field in only ? [only[field]] : Object.keys(tlbKeys[field].values)
		ways = ways.flatMap((way) => values.map((value) => ({...way, [field]: value})))
	}
	// In the order of the tables' headings.
	return (ways as readonly Way[]).map(({lookup, lastPages, encoding}) => ({...only, lookup, lastPages, encoding}))
}

/** Seconds by program, by way. */
export type LookupRound = readonly Measured[]
/** Of the fastest runs, since other load only slows a run down; and the spread over the rounds. */
export type LookupSpeed = Speed & Readonly<{fastest: number}>
export type LookupRow = Readonly<{
	program: string
	/** The first way's fastest run. */
	seconds: number
	/** The other ways: the first one's time / theirs. */
	speeds: readonly LookupSpeed[]
}>

export async function benchLookup(options: LookupOptions): Promise<void> {
	const ways = waysOf(options.tlb)
	const names = choosePrograms({...options, bare: true}).map(({name}) => name)
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-bench-'))
	try {
		const {boot} = await barePrograms(names, {folder, harts: 1, copies: 1, beats: 100, scale: options.scale})
		const rounds: LookupRound[] = []
		{
			using progress = new BenchProgress({total: ways.length * options.rounds * names.length})
			for (let round = 1; round <= options.rounds; round++) {
				const measured: Figures[] = []
				for (const way of ways) {
					const onFinished = progress.boot(`round ${round} of ${options.rounds}, ${formatTlbDesign(way)}`)
					const side = buildSide('manyhart', {
						file: options.manyhart,
						option: '--manyhart',
						own: ['--tlb', formatTlbDesign(way), ...options.own],
					})
					const {console} = await side.boot(boot, {
						timeoutSeconds: options.timeout,
						onConsole: (text) => onFinished(parseFigures(text).size),
					})
					measured.push(figuresOf(console, formatTlbDesign(way), names))
				}
				for (const figures of measured) requireSameChecks(measured[0]!, figures)
				rounds.push(measured.map(secondsOf))
			}
		}
		const rows = lookupRows(names, rounds)
		const {scale, own} = options
		const about = {mode: 'lookup', rounds: rounds.length, scale, own, ways}
		console.log(options.json ? JSON.stringify({...about, programs: rows}, undefined, '\t') : lookupTable(ways, rows))
	} finally {
		await rm(folder, {recursive: true, force: true})
	}
}

function figuresOf(console: string, way: string, names: readonly string[]): Figures {
	return requireFigures(
		parseFigures(console),
		names,
		(missing) => `no figure for ${missing} (${way}):\n${console.slice(-2000)}`,
	)
}

function requireSameChecks(expected: Figures, figures: Figures): void {
	for (const [name, {check}] of expected) {
		const other = figures.get(name)?.check
		if (other !== check) throw new BuildError(`${name} computes 0x${check} one way, 0x${other} another`)
	}
}

export function lookupRows(names: readonly string[], rounds: readonly LookupRound[]): LookupRow[] {
	return names.map((program) => {
		const seconds = (round: LookupRound, way: number) => round[way]![program]!
		const fastest = (way: number) => Math.min(...rounds.map((round) => seconds(round, way)))
		const others = [...(rounds[0] ?? []).keys()].slice(1)
		const speeds = others.map((way) => ({
			fastest: fastest(0) / fastest(way),
			...spread(rounds.map((round) => seconds(round, 0) / seconds(round, way))),
		}))
		return {program, seconds: fastest(0), speeds}
	})
}

export function lookupTable(ways: readonly Way[], rows: readonly LookupRow[]): string {
	const others = ways.slice(1)
	const heading = (title: string, name: keyof Way) => [title, ...ways.map((way) => way[name])]
	const cells = rows.map(({program, seconds, speeds}) => [
		program,
		`${seconds.toFixed(3)} s`,
		...speeds.map((speed) => `${speed.fastest.toFixed(2)} (${speed.least.toFixed(2)}–${speed.greatest.toFixed(2)})`),
	])
	const means = others.map((_, way) => geometricMean(rows.map(({speeds}) => speeds[way]!.fastest)).toFixed(2))
	return [
		textTable([
			heading('lookup', 'lookup'),
			heading('last pages', 'lastPages'),
			heading('tags', 'encoding'),
			...cells,
			[`mean of ${rows.length}`, '', ...means],
		]),
		`speed: the first column's time / the other column's, below 1 the other is slower; of the fastest runs (least–greatest of a round)`,
	].join('\n')
}
