/** One vCPU's block in shared memory: the words that any thread writes, its TLB state, its hart. */
import {type FieldList, pageBytes, type SharedStruct, sharedStruct, VcpuWords} from '../memory/index.ts'
import {TlbState} from '../tlb/index.ts'
import {HartCounters} from './hart-counters.ts'
import {HartState} from './hart-state.ts'
import {RunState} from './run-state.ts'

export const VcpuBlock = sharedStruct(
	{words: VcpuWords, tlb: TlbState, hart: HartState, run: RunState, counters: HartCounters},
	{align: pageBytes},
)

export type HartField = keyof typeof HartState.offset | keyof typeof RunState.offset | keyof typeof HartCounters.offset

/** Bytes from the start of a vCPU's block to each field of its hart. */
export const fieldOffset = {
	...fromBlock(HartState, VcpuBlock.offset.hart),
	...fromBlock(RunState, VcpuBlock.offset.run),
	...fromBlock(HartCounters, VcpuBlock.offset.counters),
} as const satisfies Record<HartField, number>

function fromBlock<Fields extends FieldList>(struct: SharedStruct<Fields>, base: number): Record<keyof Fields, number> {
	const entries = Object.entries(struct.offset) as [keyof Fields, number][]
	return Object.fromEntries(entries.map(([field, offset]) => [field, base + offset])) as Record<keyof Fields, number>
}

/** Names of the memory regions that vCPUs use. */
export const vcpuRegions = {
	blocks: 'vcpu',
	codeCaches: 'code-caches',
	decodingTable: 'decoding-table',
	rom: 'rom',
	ram: 'ram',
} as const
