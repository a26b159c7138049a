/** A helper thread that ends, or hangs, in the middle of its first job, for tests: the environment data `failure` says which. */
import {getEnvironmentData} from 'node:worker_threads'

export function clearTables(): void {
	if (getEnvironmentData('failure') === 'exit') process.exit(3)
	for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}
