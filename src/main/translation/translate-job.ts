/** A helper's job: translate and compile one module. */
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expected} from '../../errors.ts'
import type {SharedMemory} from '../../memory/index.ts'
import {type RegionInfo, type RegionRequest, type TranslateOptions, translate} from '../../translate/index.ts'
import {describeSystemError} from '../system-error.ts'
import {readKept} from './kept-files.ts'

export type TranslateJob = Readonly<{
	id: number
	requests: readonly RegionRequest[]
	options: TranslateOptions
	/** The folder that gets each module's bytes. */
	dumpFolder: string | undefined
	/** Whether the bytes are returned, too. */
	keep: boolean
}>

export type TranslatedModule = Readonly<{
	module: WebAssembly.Module
	/** If it is to be kept for later runs. */
	wasm?: Uint8Array
	wasmBytes: number
	functions: number
	regions: readonly RegionInfo[]
	/** Translation.covered. */
	covered: readonly number[]
	translateMilliseconds: number
	compileMilliseconds: number
}>

/** @returns undefined when nothing could be translated. */
export function runTranslateJob(memory: SharedMemory, job: TranslateJob): TranslatedModule | undefined {
	const began = performance.now()
	const translation = translate(memory, job.requests, job.options)
	if (!translation) return undefined
	const {bytes, functions, regions, covered} = translation
	if (job.dumpFolder !== undefined) dump(join(job.dumpFolder, `${String(job.id).padStart(4, '0')}.wasm`), bytes)
	const translated = performance.now()
	const module = new WebAssembly.Module(bytes)
	return {
		module,
		...(job.keep && {wasm: bytes}),
		wasmBytes: bytes.length,
		functions,
		regions,
		covered,
		translateMilliseconds: translated - began,
		compileMilliseconds: performance.now() - translated,
	}
}

/** Compiles what an earlier run has translated. @returns why there is nothing, in words. */
export function loadKept(path: string): readonly TranslatedModule[] | string {
	const kept = readKept(path)
	if (typeof kept === 'string') return kept
	return kept.flatMap(({wasm, functions, regions}) => {
		const began = performance.now()
		try {
			const module = new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>)
			const compileMilliseconds = performance.now() - began
			const times = {translateMilliseconds: 0, compileMilliseconds}
			return [{module, wasmBytes: wasm.length, functions, regions, covered: [], ...times}]
		} catch {
			// The digest fits, but it is no module of ours.
			return []
		}
	})
}

function dump(path: string, bytes: Uint8Array): void {
	try {
		writeFileSync(path, bytes)
	} catch (error) {
		throw expected(`to write ${path}`, describeSystemError(error))
	}
}
