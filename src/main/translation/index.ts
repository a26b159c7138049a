/** The main thread's and the helpers' side of translation. */
export {runTranslateJob, type TranslatedModule, type TranslateJob} from './translate-job.ts'
export {
	accelerators,
	lastPagesChoices,
	lookups,
	mostThreshold,
	perfMapPath,
	prepareDumpFolder,
	setEngineFlags,
	translationConfig,
} from './translation-options.ts'
export {defaultLimits, TranslationService, type TranslationServiceOptions} from './translation-service.ts'
export type {TranslationStatistics} from './translation-statistics.ts'
