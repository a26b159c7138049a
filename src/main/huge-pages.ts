/** Has Linux back guest RAM by huge pages of the host, as QEMU does: V8, which maps it, does not ask for them. */
import type * as Ffi from 'node:ffi'
import type {SharedMemory} from '../memory/index.ts'

/** MADV_HUGEPAGE. linux/mman.h; madvise(2). */
const useHugePages = 14

/**
 * Only a wish, and only for speed: fewer misses of the host's TLB, and one fault in the place of 512.
 * @param name of the region.
 * @returns whether Linux takes note of it. It does not if it has no huge pages. Nobody can ask on other systems, nor on a Node
 * without node:ffi, or that denies it (--permission).
 */
export function askForHugePages(memory: SharedMemory, name: string): boolean {
	if (process.platform !== 'linux') return false
	const ffi = loadFfi()
	if (!ffi) return false
	const {offset, size} = memory.region(name)
	try {
		using library = new ffi.DynamicLibrary(null)
		const madvise = library.getFunction('madvise', {arguments: ['u64', 'u64', 'i32'], return: 'i32'})
		// The memory never moves. Regions of guest pages begin and end with pages.
		return madvise(ffi.getRawPointer(memory.u8.subarray(offset)), BigInt(size), useHugePages) === 0
	} catch {
		return false
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
