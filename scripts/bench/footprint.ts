/** Memory of the host that an idle Debian takes, here and under QEMU, and where it is. Linux only. */
import {open, readFile} from 'node:fs/promises'
import {setTimeout as delay} from 'node:timers/promises'
import {fetchGuest, resolveGuest} from '../../src/main/guests/index.ts'
import {planMemory} from '../../src/main/machine-memory.ts'
import type {MemoryMap, Region} from '../../src/memory/index.ts'
import {tlbDesign} from '../../src/tlb/index.ts'
import {BuildError} from '../build/project.ts'
import {joinPieces, type Mapping, type MemoryParts, parts, readMappings, sharedParts, sumParts} from './memory-parts.ts'
import {BenchProgress} from './progress.ts'
import {buildSide, comparedSides, type Side} from './sides.ts'
import {textTable} from './text-table.ts'

const shellPrompt = /~ # /
/** RAM of the sides' guests. */
const ramBytes = 2 ** 30
const hostPage = 4096

export type FootprintOptions = Readonly<{
	manyhart: string
	/** Another build's manyhart.js, besides QEMU. */
	against?: string
	own: readonly string[]
	smp: number
	/** Seconds at the prompt before memory is measured. */
	idle: number
	/** Boots of each. */
	rounds: number
	json: boolean
	timeout: number
}>

/** Bytes. `resident` is their sum, with pages that are shared with other processes. */
export type Footprint = Readonly<{side: string; resident: number; parts: MemoryParts}>

export async function benchFootprint(options: FootprintOptions): Promise<void> {
	const {own, against, smp, rounds} = options
	const {ours, peer} = await comparedSides({manyhart: options.manyhart, own})
	const other = against === undefined ? [] : [buildSide('the other build', {file: against, option: '--against', own})]
	const sides = [ours, ...other, peer]
	await fetchGuest('debian')
	const found: Footprint[][] = sides.map(() => [])
	{
		using progress = new BenchProgress({total: rounds * sides.length})
		for (let round = 1; round <= rounds; round++) {
			for (const [index, side] of sides.entries()) {
				const onFinished = progress.boot(`round ${round} of ${rounds}, ${side.name}`)
				found[index]!.push(await footprintOf(side, options, side !== peer))
				onFinished(1)
			}
		}
	}
	const footprints = found.map(medianOf)
	const about = {mode: 'footprint', harts: smp, rounds, idle: options.idle, own}
	console.log(options.json ? JSON.stringify({...about, footprints}, undefined, '\t') : footprintTable(footprints))
}

/** The whole run whose total is the median. */
function medianOf(runs: readonly Footprint[]): Footprint {
	return runs.toSorted((one, another) => one.resident - another.resident)[Math.floor(runs.length / 2)]!
}

async function footprintOf(side: Side, options: FootprintOptions, isOurs: boolean): Promise<Footprint> {
	const guest = {...(await resolveGuest('debian')), harts: options.smp}
	let measured: MemoryParts | undefined
	const onMatch = async (pid: number) => {
		await delay(1000 * options.idle)
		measured = await memoryOf(pid, isOurs ? mapOf(options.smp) : undefined)
	}
	const run = await side.boot(guest, {timeoutSeconds: options.timeout, until: shellPrompt, onMatch})
	if (!measured) throw new BuildError(`${side.name} reached no shell prompt:\n${run.console.slice(-2000)}`)
	return {side: side.name, resident: sum(Object.values(measured)), parts: measured}
}

const mapOf = (harts: number) => planMemory({harts, ramBytes, tlb: {vcpus: harts, design: tlbDesign(undefined)}})

/** @param map of the shared memory, if it is ours. */
async function memoryOf(pid: number, map: MemoryMap | undefined): Promise<MemoryParts> {
	const read = readMappings(await readFile(`/proc/${pid}/smaps`, 'utf8'))
	const mappings = map ? joinPieces(read, map.size) : read
	const kind = {shared: ramBytes, hasV8: map !== undefined}
	const shared = mappings.find(({start, end}) => map && end - start === map.size)
	// Another build may lay its memory out otherwise, or options do.
	if (!map || !shared) return sumParts(mappings, kind)
	const regions: Record<string, number> = {}
	for (const [name, region] of Object.entries(map.regions)) regions[name] = await residentBytes(pid, shared, region)
	return sumParts(mappings, kind, () => sharedParts(regions))
}

/** Linux, Documentation/admin-guide/mm/pagemap.rst: eight bytes for each page, and bit 63 says that it is in RAM. */
async function residentBytes(pid: number, {start}: Mapping, {offset, size}: Region): Promise<number> {
	await using file = await open(`/proc/${pid}/pagemap`)
	const [first, end] = [Math.floor((start + offset) / hostPage), Math.ceil((start + offset + size) / hostPage)]
	const entries = Buffer.alloc(8 * (end - first))
	await file.read(entries, 0, entries.length, 8 * first)
	let pages = 0
	for (let at = 7; at < entries.length; at += 8) if (entries[at]! & 0x80) pages++
	return pages * hostPage
}

export function footprintTable(footprints: readonly Footprint[]): string {
	const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1)
	const rows = parts.map((part) => [part, ...footprints.map((each) => mebibytes(each.parts[part]))])
	const total = ['resident, MiB', ...footprints.map(({resident}) => mebibytes(resident))]
	return textTable([['', ...footprints.map(({side}) => side)], ...rows, total])
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
