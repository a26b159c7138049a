/** The main thread's and the helpers' side of translation. */

export {presentSpelling, refuseFormerFields} from './former-switches.ts'
export {addKept} from './kept-files.ts'
export type {KeptModule} from './kept-format.ts'
export {type KeptStatistics, KeptTranslations, keptPlace} from './kept-translations.ts'
export {loadKept, runTranslateJob, type TranslatedModule, type TranslateJob} from './translate-job.ts'
export {
	accelerators,
	mostThreshold,
	perfMapPath,
	prepareDumpFolder,
	setEngineFlags,
	translationConfig,
	translationDefaults,
} from './translation-options.ts'
export {defaultLimits, TranslationService, type TranslationServiceOptions} from './translation-service.ts'
export {type TranslationStatistics, translationByHarts} from './translation-statistics.ts'
