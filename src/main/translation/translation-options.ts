/** What the options of translation mean. */
import {constants} from 'node:fs'
import {access, mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {setFlagsFromString} from 'node:v8'
import {expected} from '../../errors.ts'
import {tlbDesign} from '../../tlb/index.ts'
import {provesFusedMultiplyAdd, type TranslationConfig} from '../../translate/index.ts'
import type {TranslationOptions} from '../machine-interface.ts'
import {defaultLimits} from './translation-service.ts'

export const accelerators = ['interp', 'jit'] as const
/** The interpreter's counters have 16 bits. */
export const mostThreshold = 65_535

export const translationDefaults = {accel: 'jit', threshold: 3000} as const satisfies Partial<TranslationConfig>

/** With the defaults for what is not given. @param options.smp harts of the machine. */
export function translationConfig(options: TranslationOptions & Readonly<{smp: number}>): TranslationConfig {
	const {
		accel = translationDefaults.accel,
		jitThreshold: threshold = translationDefaults.threshold,
		jitSynchronous: synchronous = false,
		jitBytes: mostBytes = defaultLimits.wasmBytes,
		countChains = false,
	} = options
	const design = tlbDesign(options.tlb)
	const fusedMultiplyAdd = accel === 'jit' && provesFusedMultiplyAdd() ? 'relaxed' : 'exact'
	// The tests want all code in regions.
	const onlyRun = !synchronous
	const sharing = options.smp === 1 ? 'alone' : 'shared'
	return {accel, design, sharing, countChains, onlyRun, threshold, fusedMultiplyAdd, synchronous, mostBytes}
}

/** @throws UserError when files cannot be written there. */
export async function prepareDumpFolder(folder: string): Promise<void> {
	try {
		// Not `recursive`, which never returns for a folder below /proc.
		await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
			if (error.code !== 'EEXIST') throw error
		})
		// With the dot it has to be a folder.
		await access(`${folder}/.`, constants.W_OK | constants.X_OK)
	} catch (error) {
		throw expected(
			'--dump-wasm to be a folder that can be written',
			`${folder} (${(error as NodeJS.ErrnoException).code})`,
		)
	}
}

/**
 * Roughly the bytes of WebAssembly that a function executes before V8 optimizes it; its default is 13,000,000. A region was
 * hot before, and code that runs once in each system call reaches that only after some 10,000 calls (an estimate). With
 * fewer bytes, V8's threads compile more: docs/decisions.md, "Can V8 be told better?".
 */
const tieringBudget = 3_000_000

/** V8's flags apply to the whole process: to code compiled, and threads started, from now on. */
export function setEngineFlags({perfMap}: {perfMap: boolean}): void {
	setFlagsFromString(`--wasm-tiering-budget=${tieringBudget}`)
	if (perfMap) setFlagsFromString('--perf-basic-prof')
}

/** Where V8 writes what `perfMap` asks for. */
export function perfMapPath(): string {
	return join('/tmp', `perf-${process.pid}.map`)
}
