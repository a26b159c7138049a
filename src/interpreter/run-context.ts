/** What the pieces of the interpreter's one function share: its locals and its labels. */

import type {CalledFunctions, MemoryAccess} from '../codegen/index.ts'
import {CodePage, lastParcel, slotBytesPerByte} from '../hart/index.ts'
import type {Code, FunctionReference, Label, Local} from '../wasm/index.ts'
import type {Cursor} from './slot-operands.ts'

/** Why run() returned. */
export const ExitReason = {
	/** The slice is used up, or the doorbell rang. */
	slice: 0,
	/** WFI with nothing pending; pc is behind it. */
	waitForInterrupt: 1,
	/** ecall from S-mode, for the built-in SBI; pc is behind it. */
	supervisorCall: 2,
} as const

/** Everything that handlers share: the function's locals and the places to go to. */
export type RunContext = Readonly<{
	code: Code
	cursor: Cursor
	budget: Local
	/** Target of a far jump, i64. */
	target: Local
	/** What a far jump counts for, i32; 1 but for returns. */
	weight: Local
	memory: MemoryAccess
	functions: CalledFunctions
	/** The decoder, TypeScript: writes the slot at ip. */
	decode: FunctionReference
	labels: Readonly<{
		/** Executes the slot at ip. */
		next: Label
		/** Continues at `target`, through the TLB. */
		far: Label
		/** Continues at the block's pc, after looking for interrupts and reloading what a change of state invalidates. */
		restart: Label
		/** An exception is raised. */
		trap: Label
		illegal: Label
		/** Runs the translated region whose slot is at ip, which is not counted as an instruction. */
		region: Label
	}>
	/** Function results. */
	leave(reason: number): void
	/** Counts a jump to the slot at ip, and reports it when that makes it hot. */
	countJump(): void
	/** Loads the tables' addresses anew: after a call that may have flushed this vCPU's own. */
	loadTables(): void
}>

/** The slot at which an instruction that crosses the page is executed, bytes from the code page. */
export const acrossSlot = CodePage.offset.slots + lastParcel * slotBytesPerByte
