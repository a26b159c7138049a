/**
 * Results that the hart core returns to generated code. The build writes them to build/hart/offsets.ts for the core.
 */

/** csrAccess(). */
export const CsrStatus = {
	/** No such CSR, or not for this hart now: an illegal instruction. */
	illegal: 0,
	done: 1,
	/** Done, and translation or the takeable interrupts may have changed: the caller leaves its generated code. */
	restart: 2,
} as const

/** zeroBlock() and manageBlock(). */
export const BlockStatus = {
	/** An exception is raised. */
	trap: 0,
	done: 1,
	illegal: 2,
} as const

/** sinval() and sfenceInvalIr(). */
export const FenceStatus = {
	illegal: 0,
	/** No translation was flushed. */
	done: 1,
	/** Some were: the caller leaves its generated code. */
	flushed: 2,
} as const

/** wfi(). */
export const WfiStatus = {
	illegal: 0,
	/** An interrupt is pending already. */
	done: 1,
	wait: 2,
} as const

/**
 * An "exception" of translated regions: the store at pc would change code that this hart relies on. Nothing is stored yet; the
 * interpreter executes the instruction. No cause of the architecture.
 */
export const leaveRegion = 63
