/** What `--trace` costs: the same guests with it and without, in pairs, by processor time of the whole process. Linux only. */
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {benchPath} from '../../src/bench/files.ts'
import {cpuSecondsOfChildren} from '../../src/bench/host.ts'
import {elfWithParameters, runConsole, waitingScript} from '../../src/bench/index.ts'
import {spreadOf} from '../../src/bench/statistics.ts'
import {BuildError} from '../build/project.ts'
import {BenchProgress} from './progress.ts'
import {textTable} from './text-table.ts'

export const tracedGuests = ['boot', 'storm', 'fences'] as const
type TracedGuest = (typeof tracedGuests)[number]

export type TracingOptions = Readonly<{
	guest: readonly TracedGuest[]
	harts: number
	pairs: number
	/** Of a storm on each hart. */
	work: number
	/** Of our commands, which are compared: untraced and traced, or two builds that trace. */
	manyhart: string
	against?: string
	json: boolean
	timeout: number
}>

type Row = Readonly<{guest: TracedGuest; untraced: number[]; traced: number[]; ratios: number[]}>

const titles: Readonly<Record<TracedGuest, string>> = {
	boot: 'boot of Debian to its power-off',
	storm: 'the same, and mprotect in a thread on each hart',
	fences: 'on bare metal: nothing but remote fences of single pages',
}

export async function benchTracing(options: TracingOptions): Promise<void> {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-tracing-'))
	try {
		const rows: Row[] = []
		using progress = new BenchProgress({total: 2 * options.pairs * options.guest.length})
		const commands = await Promise.all(options.guest.map((guest) => commandOf(guest, folder, options)))
		const figures = options.guest.map((guest): Row => ({guest, untraced: [], traced: [], ratios: []}))
		for (let pair = 0; pair < options.pairs; pair++)
			for (const [index, row] of figures.entries()) {
				const measured = {untraced: 0, traced: 0}
				// Each pair begins with the other one.
				for (const side of pair % 2 === 0 ? (['untraced', 'traced'] as const) : (['traced', 'untraced'] as const)) {
					const onFinished = progress.boot(`pair ${pair + 1}, ${row.guest}, ${side}`)
					measured[side] = await cpuSecondsOf(commands[index]!, side, folder, options)
					onFinished(1)
				}
				row.untraced.push(measured.untraced)
				row.traced.push(measured.traced)
				row.ratios.push(measured.traced / measured.untraced)
			}
		rows.push(...figures)
		console.log(options.json ? JSON.stringify({...options, rows}, undefined, '\t') : table(rows))
	} finally {
		await rm(folder, {recursive: true})
	}
}

async function commandOf(guest: TracedGuest, folder: string, {harts, work}: TracingOptions): Promise<string[]> {
	if (guest === 'fences') {
		const kernel = join(folder, 'fences.elf')
		const names = new TextEncoder().encode('shootdown\0')
		// Each hart does so many.
		await writeFile(kernel, await elfWithParameters(benchPath('scaleBare'), [1, work, harts], names))
		return ['--smp', `${harts}`, '--memory', '256M', '--kernel', kernel]
	}
	const scale = {kind: 'file', name: 'bin/scale', mode: 0o755, data: await readFile(benchPath('scaleLinux'))} as const
	const commands = guest === 'storm' ? [`/bin/scale shootdown --threads ${harts} --per-thread ${work}`] : []
	const own = await mkdtemp(join(folder, `${guest}-`))
	const {boot} = await waitingScript([], {
		folder: own,
		harts,
		files: [scale],
		commands: [...commands, '/bin/busybox poweroff -f'],
	})
	return [
		...['--no-translation-cache', '--smp', `${harts}`, '--memory', '1G', '--kernel', boot.kernel],
		...(boot.initrd ? ['--initrd', boot.initrd] : []),
		...(boot.append ? ['--append', boot.append] : []),
	]
}

async function cpuSecondsOf(
	command: readonly string[],
	side: 'untraced' | 'traced',
	folder: string,
	{manyhart, against, timeout}: TracingOptions,
): Promise<number> {
	const program = side === 'untraced' && against !== undefined ? against : manyhart
	const isTraced = side === 'traced' || against !== undefined
	const trace = isTraced ? ['--trace', join(folder, 'trace.json')] : []
	const before = cpuSecondsOfChildren()
	if (before === undefined) throw new BuildError('Expected a host with /proc')
	const run = await runConsole(process.execPath, [program, 'run', ...command, ...trace], {timeoutSeconds: timeout})
	if (run.timedOut || run.exitCode !== 0)
		throw new BuildError(`Expected the guest to end, got exit code ${run.exitCode}: ${run.console.slice(-300)}`)
	return cpuSecondsOfChildren()! - before
}

function table(rows: readonly Row[]): string {
	const lines = rows.map(({guest, untraced, traced, ratios}) => {
		const {median, least, greatest, interval} = spreadOf(ratios)!
		const [from, to] = interval ?? [least, greatest]
		return [
			titles[guest],
			`${ratios.length}`,
			spreadOf(untraced)!.median.toFixed(2),
			spreadOf(traced)!.median.toFixed(2),
			median.toFixed(3),
			`${from.toFixed(3)}–${to.toFixed(3)}`,
		]
	})
	return textTable([['', 'pairs', 'untraced, s', 'traced, s', 'ratio', 'interval'], ...lines])
}
