/** The entry of a helper's thread. Piscina calls its exports by their names. */
import {workerData} from 'node:worker_threads'
import {createHelper, type HelperConfig} from './helper.ts'

// Not Piscina's workerData, which is the same: so this file needs no package.
export const {clearTables, translateRegions, loadTranslations, keepTranslations} = createHelper(
	workerData as HelperConfig,
)
