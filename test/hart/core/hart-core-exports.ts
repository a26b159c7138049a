/** The exports of the hart core, and how a test sees which are called. */
import type {TableOperations} from '../../../src/tlb/index.ts'

type Procedure =
	| 'takeTrap'
	| 'fenceI'
	| 'codeChanged'
	| 'removeCodeEntries'
	| 'updateRegimes'
	| 'ebreak'
	| 'pause'
	| 'clock'
/** Named as in src/hart/core/index.ts. */
export type Exports = TableOperations &
	Readonly<
		Record<'readMemory', (gva: bigint, bytes: number) => number> &
			Record<'writeMemory', (gva: bigint, bytes: number, value: bigint) => number> &
			Record<'atomicAddress', (gva: bigint, bytes: number, operation: number, value: bigint) => number> &
			Record<'zeroBlock' | 'fetch' | 'fetchAcross', (gva: bigint) => number> &
			Record<'manageBlock', (gva: bigint, operation: number) => number> &
			Record<'raise', (cause: number, tval: bigint) => void> &
			Record<'csrAccess', (number: number, how: number, operand: bigint, readOnly: number) => number> &
			Record<'sfence' | 'sinval', (rs1: number, rs2: number, gva: bigint, asid: bigint) => number> &
			Record<'findCodePage' | 'roundingMode' | 'poll' | 'ration', (argument: number) => number> &
			Record<'decode' | 'coverInstruction', (code: number, offset: number) => void> &
			Record<'coverBytes' | 'coverFromRegion', (code: number, offset: number, length: number) => number> &
			Record<Procedure, () => void> &
			Record<
				| 'takeInterrupt'
				| 'interruptPending'
				| 'mret'
				| 'sret'
				| 'wfi'
				| 'ecall'
				| 'scratchCodePage'
				| 'mayFenceTranslations'
				| 'sfenceInvalIr'
				| 'invalidatePending',
				() => number
			> &
			Record<'attach', (...parameters: number[]) => void>
	>

const observed = ['readMemory', 'writeMemory', 'atomicAddress', 'fetch'] as const

/** @param observe called with the name of each `observed` function that is called. */
export function observedBy(observe: (name: string) => void, exports: Exports): Exports {
	const observing = observed.map((name) => {
		const call = exports[name] as (...operands: unknown[]) => number
		return [
			name,
			(...operands: unknown[]) => {
				observe(name)
				return call(...operands)
			},
		]
	})
	return {...exports, ...Object.fromEntries(observing)}
}
