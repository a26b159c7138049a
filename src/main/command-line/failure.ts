/** Describes a failure in one line, with its exit code. */
import {isUserError} from '../../errors.ts'
import {exitCodes} from '../../exit-codes.ts'
import {commandLineMessage} from '../option-names.ts'
import {describeSystemError} from '../system-error.ts'
import {SignalReceived} from './signals.ts'

export type Failure = Readonly<{line: string; exitCode: number}>

/** @param error anything that was thrown. */
export function describeFailure(error: unknown): Failure {
	if (isUserError(error)) return failure(commandLineMessage(error), error.exitCode)
	if (error instanceof SignalReceived) return failure(error.message, error.exitCode)
	if (isSystemError(error))
		return failure(`Expected ${systemExpectation(error)}, got ${describeSystemError(error)}`, exitCodes.wrongUse.code)
	const message = error instanceof Error ? error.message : String(error)
	// The library throws RangeErrors for sizes that the user chose.
	if (error instanceof RangeError && message.startsWith('Expected ')) return failure(message, exitCodes.wrongUse.code)
	return failure(`Internal error: ${message}`, exitCodes.failure.code)
}

function failure(message: string, exitCode: number): Failure {
	return {line: `manyhart: ${message.trim().replace(/\s*\n\s*/g, '; ')}`, exitCode}
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
	return error instanceof Error && 'syscall' in error && 'code' in error
}

function systemExpectation({path, syscall}: NodeJS.ErrnoException): string {
	if (path === undefined) return `${syscall} to succeed`
	return `to ${syscall} ${path}`
}
