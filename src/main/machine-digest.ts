/** A digest of a machine's state: registers, devices and memory, so that two runs can be compared. */
import {createHash} from 'node:crypto'
import {Control} from '../board/index.ts'
import {HartRegisters} from '../hart/index.ts'
import type {SharedMemory, VcpuBlocks} from '../memory/index.ts'

/** Bytes that are hashed at a time. */
const piece = 2 ** 26

/**
 * While the harts are parked, and the console's output has been taken.
 * @param ticks of the machine's clock, in serial mode. @returns SHA-256, as hexadecimal digits.
 */
export function digestOf({
	memory,
	blocks,
	ticks,
}: {
	memory: SharedMemory
	blocks: VcpuBlocks
	ticks: number | undefined
}): string {
	const hash = createHash('sha256')
	for (let hart = 0; hart < blocks.count; hart++) {
		const registers = new HartRegisters(memory, blocks.base(hart))
		const state = {...registers.dump(), instret: registers.get('instret'), pending: registers.pendingInterrupts()}
		hash.update(JSON.stringify(state, (_, value) => (typeof value === 'bigint' ? value.toString(16) : value)))
	}
	if (ticks !== undefined) hash.update(`clock ${ticks}`)
	const {offset, size} = memory.region('devices')
	// How the main thread was woken is the host's business.
	hashBytes(offset + Control.size, offset + size)
	const ram = memory.region('ram')
	hashBytes(ram.offset, ram.offset + ram.size)
	return hash.digest('hex')

	function hashBytes(from: number, to: number): void {
		for (let at = from; at < to; at += piece) hash.update(memory.u8.subarray(at, Math.min(at + piece, to)))
	}
}
