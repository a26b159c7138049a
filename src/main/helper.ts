/** The entry of the helper pool's threads: finite jobs that no vCPU shall wait for. */
import {type MemoryMap, SharedMemory} from '../memory/index.ts'
import {clearRetired, type TlbConfig} from '../tlb/index.ts'
import {runTranslateJob, type TranslatedModule, type TranslateJob} from './translation/index.ts'

export type ClearJob = Readonly<{memory: WebAssembly.Memory; map: MemoryMap; tlb: TlbConfig}>

/** Clears and recycles the tables whose grace period has elapsed. @returns how many. */
export function clearTables({memory, map, tlb}: ClearJob): number {
	return clearRetired(new SharedMemory(memory, map), tlb)
}

/** Translates hot guest code. @returns undefined when nothing could be translated. */
export function translateRegions(job: TranslateJob): TranslatedModule | undefined {
	return runTranslateJob(job)
}
