/** Imported first by the library: on a Node that is too old, the import fails with one line. */
import {nodeMismatch} from './node-version.ts'

const mismatch = nodeMismatch(process.versions.node)
if (mismatch !== undefined) {
	const error = new Error(mismatch)
	// Who does not catch it sees no stack.
	error.stack = mismatch
	throw error
}
