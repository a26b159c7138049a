/** A helper thread for tests: clears tables, and then fills an entry of one that is in quarantine, as a hart would that still had it. */
import {workerData} from 'node:worker_threads'
import {createHelper, type HelperConfig} from '../../src/main/helper.ts'
import {pageBytes, SharedMemory} from '../../src/memory/index.ts'
import {canaryWord} from '../../src/tlb/index.ts'

const config = workerData as HelperConfig
const helper = createHelper(config)
const memory = new SharedMemory(config.memory, config.map)

export const {translateRegions} = helper

export function clearTables(): string | undefined {
	const used = helper.clearTables()
	const {offset, size} = memory.region('tlb')
	for (let table = offset; table < offset + size; table += pageBytes) {
		const first = table / 4
		if (memory.i32[first] !== canaryWord || memory.i32[first + 1] !== canaryWord) continue
		// The read tag of page 0x40007000.
		memory.i32[first] = 0x4000_7000
		memory.i32[first + 1] = 0
		break
	}
	return used
}
