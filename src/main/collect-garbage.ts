/** Has V8 collect garbage: it gives a shared memory back only then, and one takes 8 GiB and more of address space. */
import {setFlagsFromString} from 'node:v8'
import {runInNewContext} from 'node:vm'

type Collect = (options: Readonly<{type: 'major'; execution: 'async'}>) => Promise<void>

let collect: Collect | undefined
let upcoming: Promise<void> | undefined

/** Resolves after a collection that begins in a task of its own: nothing on the stack keeps garbage alive. */
export function collectGarbage(): Promise<void> {
	// Who asks before it begins shares it.
	upcoming ??= new Promise((resolve) => setImmediate(resolve)).then(() => {
		upcoming = undefined
		collect ??= collector()
		return collect({type: 'major', execution: 'async'})
	})
	return upcoming
}

/** Looks at it so often at most: each time another thread has taken the flag back in between. */
const mostTries = 100

/**
 * V8's own function, which Node shows only with a flag: a context made while the flag is set has it. The flag is the whole
 * process's, so another thread that does the same may take it back too soon; then it is tried again.
 */
function collector(): Collect {
	for (let tries = 0; tries < mostTries; tries++) {
		setFlagsFromString('--expose-gc')
		try {
			const found: Collect | undefined = runInNewContext('globalThis.gc')
			if (found) return found
		} finally {
			setFlagsFromString('--no-expose-gc')
		}
	}
	// Only memory that is given back later.
	return async () => {}
}
