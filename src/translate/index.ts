/** Translation of hot guest code to WebAssembly. */
export {provesFusedMultiplyAdd} from './fused-multiply-add.ts'
export {type ModuleRegions, RegionCache, regionKey} from './region-cache.ts'
export {translate} from './translate.ts'
export {
	type RequestMessage,
	type TranslationConfig,
	type TranslationMessage,
	TranslatorClient,
} from './translator-client.ts'
export type {RegionInfo, RegionRequest, TranslateOptions, Translation} from './types.ts'
