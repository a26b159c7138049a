/**
 * The bytes of a file of translations: a digest of all that follows, the length of a description (JSON), the description, then each
 * module's WebAssembly and the code that its regions were made from.
 */
import {createHash} from 'node:crypto'
import * as v from 'valibot'
import type {RegionInfo} from '../../translate/index.ts'

/** What a run has translated: plain data. */
export type KeptModule = Readonly<{
	wasm: Uint8Array
	/** Entries of its element segment. */
	functions: number
	regions: readonly RegionInfo[]
}>

const digestBytes = 32
const lengthBytes = 4
const number = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const description = v.array(
	v.object({
		bytes: number,
		functions: number,
		/** Of each page: pieces of code, [offset in the page, bytes]. */
		pages: v.array(v.array(v.tuple([number, number]))),
		regions: v.array(
			v.object({
				index: number,
				page: number,
				entry: number,
				pageGva: v.string(),
				instructions: number,
				roaming: v.array(number),
				within: v.optional(number),
				joins: v.array(number),
				of: number,
			}),
		),
	}),
)
type Description = v.InferOutput<typeof description>

export function encodeModules(modules: readonly KeptModule[]): Uint8Array {
	const contents: Uint8Array[] = []
	const described: Description = modules.map(({wasm, functions, regions}) => {
		contents.push(wasm)
		// Regions of one page share their sources.
		const pages = [...new Set(regions.map(({sources}) => sources))]
		for (const pieces of pages) for (const [, bytes] of pieces) contents.push(bytes)
		return {
			bytes: wasm.length,
			functions,
			pages: pages.map((pieces) => pieces.map(([offset, {length}]): [number, number] => [offset, length])),
			regions: regions.map(
				({index, page, entry, pageGva, instructions, roaming, within, joins, sources, watchedAs}) => ({
					index,
					page: watchedAs === undefined ? page : pageOfKey(watchedAs, entry),
					entry,
					pageGva: pageGva.toString(16),
					instructions,
					roaming: [...roaming],
					...(within !== undefined && {within}),
					joins: [...joins],
					of: pages.indexOf(sources),
				}),
			),
		}
	})
	const json = Buffer.from(JSON.stringify(described))
	const length = Buffer.alloc(lengthBytes)
	length.writeUInt32LE(json.length)
	const body = [length, json, ...contents]
	return Buffer.concat([digestOf(body), ...body])
}

/** The page that regionKey() was made of. */
const pageOfKey = (key: number, entry: number): number => key * 2 - entry

/** @returns undefined if the bytes are not, to the last one, what encodeModules() made. */
export function decodeModules(file: Uint8Array): KeptModule[] | undefined {
	const bytes = Buffer.from(file.buffer, file.byteOffset, file.length)
	if (bytes.length < digestBytes + lengthBytes) return undefined
	if (!digestOf([bytes.subarray(digestBytes)]).equals(bytes.subarray(0, digestBytes))) return undefined
	const length = bytes.readUInt32LE(digestBytes)
	let at = digestBytes + lengthBytes + length
	const take = (count: number): Uint8Array => {
		at += count
		// A copy: a view would keep, and post, the whole file.
		return new Uint8Array(bytes.subarray(at - count, at))
	}
	try {
		const described = v.parse(description, JSON.parse(bytes.toString('utf8', digestBytes + lengthBytes, at)))
		const modules = described.map((module): KeptModule => {
			const wasm = take(module.bytes)
			const pages = module.pages.map((pieces) => pieces.map(([offset, size]) => [offset, take(size)] as const))
			const regions = module.regions.map(({of, pageGva, within, ...rest}) => ({
				...rest,
				...(within !== undefined && {within}),
				pageGva: BigInt(`0x${pageGva}`),
				sources: pages[of] ?? [],
			}))
			return {wasm, functions: module.functions, regions}
		})
		return at === bytes.length ? modules : undefined
	} catch {
		// A digest that fits, of something that is none of ours.
		return undefined
	}
}

function digestOf(parts: readonly Uint8Array[]): Buffer {
	const hash = createHash('sha256')
	for (const part of parts) hash.update(part)
	return hash.digest()
}

/** What a region is known by: where it begins in its page, and the code there. */
const startBytes = 16
function startOf({entry, sources}: RegionInfo): string {
	const piece = sources.find(([offset, bytes]) => offset <= entry && entry < offset + bytes.length)
	const from = piece ? entry - piece[0] : 0
	return `${entry} ${piece ? Buffer.from(piece[1].subarray(from, from + startBytes)).toString('latin1') : ''}`
}

/**
 * Of modules in the order in which they were made, those to keep: the newest, up to so many bytes, without those all of whose
 * regions newer ones have, too, as of two runs at once. In the same order.
 */
export function worthKeeping(modules: readonly KeptModule[], mostBytes: number): KeptModule[] {
	const seen = new Set<string>()
	const kept: KeptModule[] = []
	let bytes = 0
	for (const module of modules.toReversed()) {
		const starts = module.regions.map(startOf)
		if (starts.every((start) => seen.has(start))) continue
		bytes += module.wasm.length
		if (bytes > mostBytes) break
		for (const start of starts) seen.add(start)
		kept.push(module)
	}
	return kept.reverse()
}
