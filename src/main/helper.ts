/** What a helper thread does: jobs that must not keep a vCPU waiting. */
import {breakRule, type Fault} from '../faults.ts'
import {type MemoryMap, SharedMemory} from '../memory/index.ts'
import {clearRetired, type TlbConfig, tableOperations, UseAfterRetirement} from '../tlb/index.ts'
import {IdleCollection} from './idle-collection.ts'
import {
	addKept,
	type KeptModule,
	loadKept,
	runTranslateJob,
	type TranslatedModule,
	type TranslateJob,
} from './translation/index.ts'

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
	/** The rule that is broken on purpose. */
	fault?: Fault
}>

/** The jobs of a helper, by the names under which its thread exports them. */
export type HelperApi = Readonly<{
	/**
	 * Clears and recycles tables whose grace period has elapsed. @returns what has become of one in quarantine, if it was used:
	 * the message of a UseAfterRetirement, since an error's class does not pass between threads.
	 */
	clearTables(): string | undefined
	/** Translates hot guest code. @returns undefined if nothing could be translated. */
	translateRegions(job: TranslateJob): TranslatedModule | undefined
	/** Reads and compiles what earlier runs have translated. @returns why there is nothing, in words. */
	loadTranslations(path: string): readonly TranslatedModule[] | string
	/** Adds to what later runs will read. @returns why it could not, in words. */
	keepTranslations(job: KeepJob): Promise<string | undefined>
}>

export type KeepJob = Readonly<{path: string; modules: readonly KeptModule[]}>

export function createHelper({memory: shared, map, tlb, hartModule, fault}: HelperConfig): HelperApi {
	FAULT: breakRule(fault)
	const memory = new SharedMemory(shared, map)
	const operations = tableOperations(hartModule, memory)
	const idle = new IdleCollection()
	return {
		clearTables: () => {
			try {
				clearRetired(memory, tlb, operations)
				return undefined
			} catch (error) {
				if (error instanceof UseAfterRetirement) return error.message
				throw error
			}
		},
		translateRegions: (job) => {
			idle.worked()
			return runTranslateJob(memory, job)
		},
		loadTranslations: (path) => loadKept(path),
		keepTranslations: ({path, modules}) => addKept(path, modules),
	}
}
