/** A digest of a run of the kind `rcu` by turns, so that two can be compared: objects, counters, and the state of RCU at the end. */
import {createHash} from 'node:crypto'
import type {SharedMemory} from '../memory/index.ts'
import {RcuSlot, RcuState} from '../rcu/index.ts'
import type {SerialControl} from '../serial/index.ts'

/** What does not depend on the host's clock. */
const stateFields = [
	'counter',
	'wanted',
	'advancing',
	'holdout',
	'completed',
	'target',
	'gracePeriods',
	'stalls',
] as const

/** When the threads have ended. @returns SHA-256, as hexadecimal digits. */
export function digestOfRcu(memory: SharedMemory, threads: number, control: SerialControl): string {
	const hash = createHash('sha256')
	const {offset} = memory.region('rcu')
	for (const field of stateFields) {
		const at = offset + RcuState.offset[field]
		hash.update(memory.u8.subarray(at, at + (wideFields.has(field) ? 8 : 4)))
	}
	const slots = offset + RcuState.size
	hash.update(memory.u8.subarray(slots, slots + threads * RcuSlot.size))
	for (const name of ['words', 'retired'] as const) {
		const region = memory.region(name)
		hash.update(memory.u8.subarray(region.offset, region.offset + region.size))
	}
	hash.update(`clock ${control.clock}, steps ${control.steps}`)
	return hash.digest('hex')
}

const wideFields: ReadonlySet<string> = new Set(['counter', 'completed', 'target'])
