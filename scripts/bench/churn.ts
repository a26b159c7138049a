/** A guest endlessly writes and runs programs: live translations over time, and the memory of this process. */
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'
import {Machine, type TranslationOptions} from '../../src/main/index.ts'
import {withParameters} from '../../test/guests/parameters.ts'
import {BuildError} from '../build/project.ts'
import {textTable} from './text-table.ts'

export type ChurnOptions = Readonly<{
	seconds: number
	/** Seconds between two samples. */
	every: number
	/** Limit of live WebAssembly in MiB; undefined: the machine's default. */
	wasm?: number
	json: boolean
}>

const mebibyte = 2 ** 20
/** Turns of each program, and after how many it becomes hot: some then run translated, some are gone by then. */
const turns = 2000
const threshold = 500

export type ChurnRow = Readonly<{
	seconds: number
	instructions: number
	interpretedShare: number
	/** Compiled so far. */
	modules: number
	regions: number
	liveModules: number
	liveRegions: number
	liveWasmBytes: number
	retiredModules: number
	/** Resident size of the process, V8's machine code included. */
	residentBytes: number
}>

export async function benchChurn(options: ChurnOptions): Promise<void> {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-bench-'))
	try {
		const kernel = join(folder, 'churn.elf')
		await writeFile(kernel, await withParameters('churn', [0, turns]))
		const limit: TranslationOptions = options.wasm === undefined ? {} : {jitBytes: options.wasm * mebibyte}
		await using machine = await Machine.create({
			smp: 1,
			memory: 128 * mebibyte,
			kernel,
			jitThreshold: threshold,
			...limit,
		})
		const rows = await watch(machine, options)
		const about = {mode: 'churn', turns, threshold, wasm: options.wasm}
		console.log(options.json ? JSON.stringify({...about, rows}, undefined, '\t') : churnTable(rows))
	} finally {
		await rm(folder, {recursive: true, force: true})
	}
}

async function watch(machine: Machine, {seconds, every, json}: ChurnOptions): Promise<ChurnRow[]> {
	const began = performance.now()
	const running = machine.run()
	const ended = running.then(() => 'ended' as const)
	const rows: ChurnRow[] = []
	for (let at = 0; at < seconds; ) {
		at = Math.min(at + every, seconds)
		const left = Math.max(0, at * 1000 - (performance.now() - began))
		if ((await Promise.race([ended, delay(left)])) === 'ended')
			throw new BuildError(`The guest ended: ${JSON.stringify(await running)}`)
		rows.push(rowOf(machine, (performance.now() - began) / 1000))
		if (!json) console.error(`bench: ${at} of ${seconds} s`)
	}
	machine.stop()
	await running
	return rows
}

function rowOf(machine: Machine, seconds: number): ChurnRow {
	const {harts, translation} = machine.statistics()
	const {instructions, interpretedShare} = harts[0]!
	const {modules, regions, liveModules, liveRegions, liveWasmBytes, retiredModules} = translation!
	const live = {modules, regions, liveModules, liveRegions, liveWasmBytes, retiredModules}
	return {seconds, instructions, interpretedShare, ...live, residentBytes: process.memoryUsage.rss()}
}

export function churnTable(rows: readonly ChurnRow[]): string {
	const mebibytes = (bytes: number) => `${(bytes / mebibyte).toFixed(1)} MiB`
	const counters = ['modules', 'regions', 'live modules', 'live regions', 'live Wasm', 'retired modules']
	const head = ['time', 'instructions', 'interpreted', ...counters, 'resident']
	const cells = rows.map((row) => [
		`${row.seconds.toFixed(0)} s`,
		`${(row.instructions / 1e6).toFixed(0)} M`,
		`${(100 * row.interpretedShare).toFixed(0)} %`,
		...[row.modules, row.regions, row.liveModules, row.liveRegions].map(String),
		mebibytes(row.liveWasmBytes),
		String(row.retiredModules),
		mebibytes(row.residentBytes),
	])
	return textTable([head, ...cells])
}
