/** A vCPU: the thread that runs one hart. What the main thread needs to start and observe it. */
export {codeCacheBytes} from './code-cache.ts'
export {nodeEndpoint} from './comlink-endpoint.ts'
export {HartRegisters, type RegisterDump} from './hart-registers.ts'
export {buildInterpreter} from './interpreter/index.ts'
export {type HartEntry, resetHarts} from './reset.ts'
export {
	type ModuleRegions,
	provesFusedMultiplyAdd,
	type RegionInfo,
	type RegionRequest,
	RegionStatus,
	type RequestMessage,
	regionKey,
	type TranslateOptions,
	type Translation,
	type TranslationConfig,
	type TranslationMessage,
	translate,
} from './translate/index.ts'
export {HartState, VcpuBlock} from './vcpu-block.ts'
export {type VcpuConfig, vcpuRegions} from './vcpu-config.ts'
export type {VcpuApi} from './worker.ts'
