/** docs/conformance.json: the measurements. */
import type {MutationResult} from '../mutations/index.ts'

export type Measured = Readonly<{
	/** As typed in the project's folder. */
	command: string
	cases: number
	failures: number
	/** Of test files; a failed one counts as a failure. */
	tests?: Readonly<{passed: number; skipped: number}>
	seconds: number
	date: string
}>

export type ConformanceRecord = Readonly<{
	areas: Readonly<Record<string, Measured>>
	mutations: readonly MutationResult[]
	/** Deliberate differences from QEMU, in groups, with reasons. */
	differences: Readonly<Record<string, readonly string[]>>
}>

export const emptyRecord: ConformanceRecord = {areas: {}, mutations: [], differences: {}}
