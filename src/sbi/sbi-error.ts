/** Results of SBI calls. SBI 2.0, "Binary Encoding", table of standard errors. */

export const SbiError = {
	SUCCESS: 0,
	FAILED: -1,
	NOT_SUPPORTED: -2,
	INVALID_PARAM: -3,
	DENIED: -4,
	INVALID_ADDRESS: -5,
	ALREADY_AVAILABLE: -6,
	ALREADY_STARTED: -7,
	ALREADY_STOPPED: -8,
	NO_SHMEM: -9,
} as const
export type SbiError = (typeof SbiError)[keyof typeof SbiError]

/** The hart does not return to its caller: no result is written to its registers. */
export const doesNotReturn = 'does not return'

export type SbiOutcome = SbiError | typeof doesNotReturn
