/** What Linux is told of the pages that back the shared memory: V8, which maps them, says nothing. */
import type * as Ffi from 'node:ffi'
import type {Offset} from './guest-ram.ts'
import type {SharedMemory} from './shared-memory.ts'

/** linux/mman.h; madvise(2). */
const Advice = {dontNeed: 4, hugePage: 14} as const

/**
 * Asks for huge pages of the host, as QEMU does. Only a wish, and only for speed: fewer misses of the host's TLB, and one fault in the
 * place of 512.
 * @param name of the region.
 * @returns whether Linux takes note of it. It does not if it has no huge pages. Nobody can ask where HostPages cannot.
 */
export function askForHugePages(memory: SharedMemory, name: string): boolean {
	using pages = HostPages.open(memory)
	const {offset, size} = memory.region(name)
	return pages?.advise(offset, size, 'hugePage') ?? false
}

/** The host's pages of a shared memory. Any thread may have one. */
export class HostPages implements Disposable {
	/** Bytes. */
	readonly pageBytes: number
	readonly #library: Ffi.DynamicLibrary
	/** Where the shared memory begins, with a page. It never moves. */
	readonly #base: bigint
	readonly #madvise: (address: bigint, bytes: bigint, advice: number) => number

	private constructor(ffi: typeof Ffi, memory: SharedMemory) {
		this.#library = new ffi.DynamicLibrary(null)
		this.#madvise = this.#library.getFunction('madvise', {arguments: ['u64', 'u64', 'i32'], return: 'i32'})
		this.pageBytes = this.#library.getFunction('getpagesize', {arguments: [], return: 'i32'})()
		this.#base = ffi.getRawPointer(memory.u8)
	}

	/** @returns undefined on other systems than Linux, and on a Node without node:ffi, or that denies it (--permission). */
	static open(memory: SharedMemory): HostPages | undefined {
		const ffi = process.platform === 'linux' ? loadFfi() : undefined
		try {
			return ffi && new HostPages(ffi, memory)
		} catch {
			return undefined
		}
	}

	/** @returns whether Linux has taken note of it. */
	advise(offset: Offset, bytes: number, advice: keyof typeof Advice): boolean {
		return this.#madvise(this.#base + BigInt(offset), BigInt(bytes), Advice[advice]) === 0
	}

	/**
	 * Gives the pages within the range back to the host: they read as zeroes from now on, and take no memory until they are written.
	 * @returns bytes given back: pages that are partly in the range stay as they are.
	 */
	giveBack(offset: Offset, bytes: number): number {
		const {pageBytes} = this
		const from = Math.ceil(offset / pageBytes) * pageBytes
		const whole = Math.floor((offset + bytes) / pageBytes) * pageBytes - from
		return whole > 0 && this.advise(from, whole, 'dontNeed') ? whole : 0
	}

	[Symbol.dispose](): void {
		this.#library.close()
	}
}

/** Without the warning that it is experimental, which would tell the user nothing: all goes on without it. */
function loadFfi(): typeof Ffi | undefined {
	const {emitWarning} = process
	process.emitWarning = () => {}
	try {
		return process.getBuiltinModule('node:ffi') as typeof Ffi | undefined
	} finally {
		process.emitWarning = emitWarning
	}
}
