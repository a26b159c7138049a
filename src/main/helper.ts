/** The entry of the helper pool's threads: finite jobs that no vCPU shall wait for. */
import {workerData} from 'piscina'
import {type MemoryMap, SharedMemory} from '../memory/index.ts'
import {clearRetired, type TlbConfig, tableOperations} from '../tlb/index.ts'
import {runTranslateJob, type TranslatedModule, type TranslateJob} from './translation/index.ts'

/**
 * What a helper is given when it starts. Not with each job: V8 counts the memory each time it arrives, and collects
 * garbage in haste.
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

/** Clears and recycles the tables whose grace period has elapsed. @returns how many. */
export function clearTables(): number {
	return clearRetired(memory, config.tlb, operations)
}

/** Translates hot guest code. @returns undefined when nothing could be translated. */
export function translateRegions(job: TranslateJob): TranslatedModule | undefined {
	return runTranslateJob(memory, job)
}
