/** A helper that translates nothing: what runs translated was kept by an earlier run. */
import {workerData} from 'node:worker_threads'
import {createHelper, type HelperConfig} from '../../src/main/helper.ts'

export const {clearTables, loadTranslations, keepTranslations} = createHelper(workerData as HelperConfig)

export const translateRegions = (): undefined => undefined
