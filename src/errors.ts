/** Errors, in three kinds: a user's mistakes, sizes out of range, broken invariants. */
import {exitCodes} from './exit-codes.ts'

/** A user's mistake: one line that says what was expected and what was given. Never shown with a stack trace. */
export class UserError extends Error {
	override readonly name = 'UserError'
	/** The process's exit code for this mistake. */
	readonly exitCode: number

	constructor(message: string, exitCode: number = exitCodes.wrongUse.code) {
		super(message)
		this.exitCode = exitCode
	}
}

/** Also of another bundle, which has a class of its own. */
export const isUserError = (error: unknown): error is UserError => error instanceof Error && error.name === 'UserError'

/** @example throw expected('--smp from 1 to 64', '0') */
export function expected(what: string, got: string | number): UserError {
	return new UserError(`Expected ${what}, got ${got}`)
}

export function rangeError(what: string, got: string | number): RangeError {
	return new RangeError(`Expected ${what}, got ${got}`)
}

/** A broken invariant: says what must have happened. */
export function assert(condition: unknown, mustHold: string): asserts condition {
	if (!condition) throw new Error(`Invariant broken: ${mustHold}`)
}
