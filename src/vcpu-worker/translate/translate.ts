/** Translates regions of guest code into one WebAssembly module. */
import type {SharedMemory} from '../../memory/index.ts'
import type {RegionRequest, TranslateOptions, Translation} from './types.ts'

/**
 * Reads guest pages, and translations as hints, from shared memory. Any thread.
 * @returns undefined when nothing could be translated.
 */
export function translate(
	_memory: SharedMemory,
	_requests: readonly RegionRequest[],
	_options: TranslateOptions,
): Translation | undefined {
	return undefined
}
