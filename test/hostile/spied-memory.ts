/** Gives a test the shared memory of its machines, to check what a guest must not reach. */
import type {ExecutionContext} from 'ava'
import {SharedMemory} from '../../src/memory/index.ts'

/** @returns a function that gives the memory of the machine that was created last. For serial tests. */
export function spyOnMemory(t: ExecutionContext): () => SharedMemory {
	const {create} = SharedMemory
	let last: SharedMemory | undefined
	SharedMemory.create = (map) => {
		last = create.call(SharedMemory, map)
		return last
	}
	t.teardown(() => {
		SharedMemory.create = create
	})
	return () => {
		if (!last) throw new Error('A machine must have been created')
		return last
	}
}
