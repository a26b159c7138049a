/** Translation of hot guest code to WebAssembly. */
export {provesFusedMultiplyAdd} from './fused-multiply-add.ts'
export {Joins} from './joins.ts'
export {RegionCache} from './region-cache.ts'
export {SynchronousTranslator} from './synchronous-translator.ts'
export {translate} from './translate.ts'
export {
	type RequestMessage,
	type TranslationConfig,
	type TranslationMessage,
	TranslatorClient,
} from './translator-client.ts'
export {
	countRegions,
	type MadeRegion,
	type ModuleRegions,
	type RegionInfo,
	type RegionRequest,
	regionKey,
	type TranslateOptions,
	type Translation,
} from './types.ts'
