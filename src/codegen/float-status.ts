/** mstatus.FS as generated code sees it. */

import {Status} from '../hart/index.ts'
import type {Code, Local} from '../wasm/index.ts'
import {offsets} from './block-offsets.ts'

/** mstatus.FS, both bits: dirty. */
export const mstatusFs = Number(Status.FS)

/** mstatus.FS = dirty. Plain: only this vCPU writes it. */
export function emitMarkDirty(code: Code, block: Local): void {
	code.get(block).get(block).memory('i32.load', offsets.mstatus).i32(mstatusFs).op('i32.or')
	code.memory('i32.store', offsets.mstatus)
}

/** Pushes mstatus.FS == off. Plain, as above. */
export function pushFloatingPointOff(code: Code, block: Local): void {
	code.get(block).memory('i32.load', offsets.mstatus).i32(mstatusFs).op('i32.and', 'i32.eqz')
}
