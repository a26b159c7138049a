/** The context that all parts of the interpreter's one function share: its locals and its labels. */

import type {CalledFunctions, MemoryAccess} from '../codegen/index.ts'
import {CodePage, lastParcel, slotBytesPerByte} from '../hart/index.ts'
import type {Code, Label, Local} from '../wasm/index.ts'
import type {Cursor} from './slot-operands.ts'

/** Why run() returned. */
export const ExitReason = {
	/** The slice is used up, or the doorbell rang. */
	slice: 0,
	/** WFI with nothing pending; pc is after it. */
	waitForInterrupt: 1,
	/** ecall from S-mode, for the built-in SBI; pc is after it. */
	supervisorCall: 2,
} as const

/** Everything that handlers share: the function's locals and the labels to branch to. */
export type RunContext = Readonly<{
	code: Code
	cursor: Cursor
	budget: Local
	/** Target of a far jump, i64. */
	target: Local
	/** How much a far jump counts, i32: 1, or for a return 0 or 1. */
	weight: Local
	memory: MemoryAccess
	functions: CalledFunctions
	labels: Readonly<{
		/** Executes the slot at ip. */
		next: Label
		/** Continues at `target`, through the TLB. */
		far: Label
		/** Continues at the block's pc, after checking for interrupts and reloading what a change of state invalidates. */
		restart: Label
		/** An exception is raised. */
		trap: Label
		illegal: Label
		/** Runs the translated region whose slot is at ip, which is not counted as an instruction. */
		region: Label
	}>
	/** Returns from run() with an ExitReason. */
	leave(reason: number): void
	/** Counts a jump to the slot at ip, and reports the slot when it becomes hot. */
	countJump(): void
	/** Reloads the tables' addresses, after a call that may have flushed this vCPU's tables. */
	loadTables(): void
}>

/** The slot of the scratch page that executes an instruction across pages; bytes from that code page. */
export const acrossSlot = CodePage.offset.slots + lastParcel * slotBytesPerByte
