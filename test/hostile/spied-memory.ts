/** The shared memory of machines that a test makes: what a guest must not reach can be looked at. */
import type {ExecutionContext} from 'ava'
import {SharedMemory} from '../../src/memory/index.ts'

/** @returns a function that gives the memory of the machine that was created last. For tests that run one after the other. */
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
