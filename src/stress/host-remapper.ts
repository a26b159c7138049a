/**
 * The host's part in the kind `flush`: while harts use pages of its own in several address spaces, it shows another frame in each, fences
 * all harts, and frees the frame that the page had, as harts do with theirs.
 */
import type {MachineCore} from '../main/machine.ts'
import {drawn} from '../serial/index.ts'

/** The guest's `struct host_page`: words of 64 bits. */
const field = {least: 0, pte: 8, frames: 16, address: 32, asid: 40} as const
const pageSize = 48
/** As the guest has them. */
const free = 0xf4een << 48n
const pageShift = 12n
const [ppnShift, flagBits] = [10n, 0x3ffn]
/** Stream of draws. */
const ofHost = 3002
/** Pages at a time. */
const lanes = 3

type HostSide = MachineCore['hostSide']
export type HostFence = (host: HostSide, ...what: Parameters<HostSide['fence']>) => Promise<void>

export class HostRemapper {
	readonly #host: HostSide
	readonly #fence: HostFence
	readonly #seed: number
	/** Of fences that are complete. */
	fences = 0

	/** @param fence tests replace it. */
	constructor(host: HostSide, {seed, fence = (of, ...what) => of.fence(...what)}: {seed: number; fence?: HostFence}) {
		this.#host = host
		this.#fence = fence
		this.#seed = seed
	}

	/** Until the signal aborts. @param area gpa of the number of pages, which their descriptions follow. */
	async run(area: number, signal: AbortSignal): Promise<void> {
		const pages = Number(this.#host.load(area))
		try {
			await Promise.all(Array.from({length: lanes}, (_, lane) => this.#lane(lane, {area, pages, signal})))
		} catch (error) {
			if (!signal.aborted) throw error
		}
	}

	/** One page of this lane after the other. */
	async #lane(lane: number, {area, pages, signal}: {area: number; pages: number; signal: AbortSignal}): Promise<void> {
		const own = Array.from({length: pages}, (_, page) => page).filter((page) => page % lanes === lane)
		const generations = new Map<number, number>()
		for (let step = 0; !signal.aborted && own.length > 0; step++) {
			const draw = drawn(this.#seed, ofHost + lane, step)
			const page = own[draw % own.length]!
			const generation = (generations.get(page) ?? 0) + 1
			generations.set(page, generation)
			await this.#remap({at: area + 8 + page * pageSize, generation, scope: (draw >>> 8) % 4, signal})
		}
	}

	async #remap({
		at,
		generation,
		scope,
		signal,
	}: {
		at: number
		generation: number
		scope: number
		signal: AbortSignal
	}): Promise<void> {
		const host = this.#host
		const word = (offset: number) => host.load(at + offset)
		const frameOf = (number: number) => Number(word(field.frames + 8 * (number & 1)))
		const frame = frameOf(generation)
		// The page's number is in the other frame.
		const number = host.load(frameOf(generation - 1)) >> 32n
		host.store(frame, (number << 32n) | BigInt(generation))
		const pte = Number(word(field.pte))
		host.store(pte, ((BigInt(frame) >> pageShift) << ppnShift) | (host.load(pte) & flagBits))
		const what = this.#scopeOf(scope, {address: word(field.address), asid: Number(word(field.asid))})
		await this.#fence(host, what, signal)
		host.store(at + field.least, BigInt(generation))
		host.store(frameOf(generation - 1), free)
		this.fences++
	}

	/** All, an address space, a page, or a page of an address space; a global page has no ASID. */
	#scopeOf(scope: number, {address, asid}: {address: bigint; asid: number}): Parameters<HostSide['fence']>[0] {
		const page = address >> pageShift
		const range = {firstLow: Number(BigInt.asIntN(32, page)), firstHigh: Number(page >> 32n), pages: 1}
		return {...(scope & 1 && asid !== 0 && {asid}), ...(scope & 2 && {range})}
	}
}
