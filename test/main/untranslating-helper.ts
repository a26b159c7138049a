/** A helper thread for tests: clears tables, and fails to translate. */
import {workerData} from 'node:worker_threads'
import {createHelper, type HelperConfig} from '../../src/main/helper.ts'

export const {clearTables} = createHelper(workerData as HelperConfig)

export function translateRegions(): never {
	throw new Error('no more translating')
}
