/** What happens when stdout cannot be written: by default the program ends. A command that runs in a guest must end it first. */

export type StdoutFailure = (error: NodeJS.ErrnoException) => void

let handler: StdoutFailure | undefined

/** From now on `own` is told; the program then ends with its result. */
export function handleStdoutFailure(own: StdoutFailure): void {
	handler = own
}

/** @param otherwise what happens if nobody else cares. */
export function onStdoutFailure(error: NodeJS.ErrnoException, otherwise: StdoutFailure): void {
	;(handler ?? otherwise)(error)
}

export const isStdoutFailureHandled = (): boolean => handler !== undefined
