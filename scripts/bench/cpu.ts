/** The programs here and on the peer, pair by pair, one boot per side and pair; timed in the guest. */
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {basename, join} from 'node:path'
import {
	bareElf,
	barePrograms,
	type ConsoleRun,
	type Figures,
	groups,
	type Image,
	type ImageOptions,
	linuxElf,
	linuxPrograms,
	type Program,
	parseFigures,
} from '../../src/bench/index.ts'
import {UserError} from '../../src/errors.ts'
import {fetchGuest} from '../../src/main/guests/index.ts'
import {speedChart} from './chart.ts'
import {choosePrograms} from './choose-programs.ts'
import {compareChecks, requireFigures, secondsOf} from './figures.ts'
import {BenchProgress} from './progress.ts'
import {type Compared, comparedSides, type Side, type Sides} from './sides.ts'
import {type GroupRow, groupRow, type Pair, speedRows, speedTable} from './speeds.ts'

export type CpuOptions = Compared &
	Readonly<{
		bare: boolean
		group?: readonly string[]
		program?: readonly string[]
		elf?: string
		pairs: number
		smp?: number
		copies: number
		beats: number
		scale: number
		json: boolean
		svg?: string
		timeout: number
	}>

export async function benchCpu(options: CpuOptions): Promise<void> {
	if (options.bare && options.copies > 1)
		throw new UserError('Expected --copies without --bare: only Linux runs several programs at once')
	const programs = options.elf ? [] : choosePrograms(options)
	const sides = await comparedSides(options)
	if (!options.bare) await fetchGuest('debian')

	const folder = await mkdtemp(join(tmpdir(), 'manyhart-bench-'))
	try {
		const image = await imageOf(programs, options, folder)
		const pairs = await measurePairs(sides, image, options)
		const rows = speedRows(pairs)
		const means = groupRows(programs, pairs)
		const {bare, pairs: count, copies, beats, scale, own, against} = options
		const measured = {pairs: count, copies, beats, scale}
		const about = {mode: 'cpu', guest: bare ? 'bare metal' : 'debian', qemu: sides.qemu, against, own, ...measured}
		const harts = image.boot.harts
		if (options.json) console.log(JSON.stringify({...about, harts, programs: rows, groups: means}, undefined, '\t'))
		else console.log(speedTable(rows, means, sides.peer.name))
		if (options.svg) await writeFile(options.svg, speedChart(rows, means, sides.peer.name))
	} finally {
		await rm(folder, {recursive: true, force: true})
	}
}

function imageOf(
	programs: readonly Program[],
	{bare, elf, smp, copies, beats, scale}: CpuOptions,
	folder: string,
): Promise<Image> {
	const options: ImageOptions = {folder, harts: smp ?? copies, copies, beats, scale}
	if (elf) return bare ? bareElf(elf, options) : linuxElf(elf, options)
	const names = programs.map(({name}) => name)
	return bare ? barePrograms(names, options) : linuxPrograms(names, options)
}

async function measurePairs({ours, peer}: Sides, image: Image, options: CpuOptions): Promise<readonly Pair[]> {
	using progress = new BenchProgress({total: 2 * options.pairs * image.programs.length})
	const measure = async (side: Side, pair: number): Promise<Figures> => {
		const onFinished = progress.boot(`pair ${pair} of ${options.pairs}, ${side.name}`)
		const run = await side.boot(image.boot, {
			timeoutSeconds: options.timeout,
			onConsole: (console) => onFinished(parseFigures(console).size),
		})
		return figuresOf(run, side, {image, options})
	}
	const pairs: Pair[] = []
	for (let pair = 1; pair <= options.pairs; pair++) {
		const both = {ours: await measure(ours, pair), peer: await measure(peer, pair)}
		compareChecks({...both, peerName: peer.name})
		pairs.push({ours: secondsOf(both.ours), peer: secondsOf(both.peer)})
	}
	return pairs
}

function figuresOf(
	run: ConsoleRun,
	{name}: Side,
	{image, options}: Readonly<{image: Image; options: CpuOptions}>,
): Figures {
	const printed = parseFigures(run.console)
	if (options.bare && options.elf && printed.size === 0 && !run.timedOut && run.exitCode !== null)
		return new Map([[basename(options.elf), {seconds: run.seconds, check: run.exitCode.toString(16)}]])
	const programs = options.bare && options.elf ? [...printed.keys()] : image.programs
	const ended = run.timedOut ? `did not end in ${options.timeout} s` : `ended with ${run.exitCode}`
	return requireFigures(
		printed,
		programs.length > 0 ? programs : image.programs,
		(missing) => `${name} ${ended}, without a figure for ${missing}:\n${run.console.slice(-2000)}`,
	)
}

function groupRows(programs: readonly Program[], pairs: readonly Pair[]): readonly GroupRow[] {
	return groups.flatMap((group) => {
		const names = programs.filter((program) => program.group === group).map(({name}) => name)
		return names.length > 1 ? [groupRow(group, names, pairs)] : []
	})
}
