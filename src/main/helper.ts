/** The entry of the helper pool's threads: jobs that must not keep a vCPU waiting. */
import {workerData} from 'piscina'
import {type MemoryMap, SharedMemory} from '../memory/index.ts'
import {clearRetired, type TlbConfig, tableOperations} from '../tlb/index.ts'
import {runTranslateJob, type TranslatedModule, type TranslateJob} from './translation/index.ts'

/**
 * Posted when a helper starts, not with each job: V8 accounts for the whole memory each time it arrives, and would
 * collect garbage far too often.
 */
export type HelperConfig = Readonly<{
	memory: WebAssembly.Memory
	map: MemoryMap
	tlb: TlbConfig
	/** dist/hart.wasm. */
	hartModule: WebAssembly.Module
}>

const config = workerData as HelperConfig
const memory = new SharedMemory(config.memory, config.map)
const operations = tableOperations(config.hartModule, memory)

/** Clears and recycles tables whose grace period has elapsed. @returns how many. */
export function clearTables(): number {
	return clearRetired(memory, config.tlb, operations)
}

/** Translates hot guest code. @returns undefined if nothing could be translated. */
export function translateRegions(job: TranslateJob): TranslatedModule | undefined {
	return runTranslateJob(memory, job)
}
