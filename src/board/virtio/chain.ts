/** A chain of descriptors: buffers that the driver hands to the device. Every index, address and length is checked. */
import {type Gpa, type GuestRam, sharedStruct} from '../../memory/index.ts'

// Layout: virtio 1.2, 2.7.5 "The Virtqueue Descriptor Table".
const Descriptor = sharedStruct({address: 'i64', length: 'i32', flags: 'i16', next: 'i16'})
const DescriptorFlag = {next: 1, write: 2, indirect: 4} as const

/** Buffers of one chain at most, as in QEMU. */
const mostBuffers = 1024

/** One buffer of a chain; it was checked to lie in guest RAM. */
export type Buffer = Readonly<{gpa: Gpa; length: number; access: 'device-reads' | 'device-writes'}>
export type Chain = Readonly<{head: number; buffers: readonly Buffer[]}>
/** `broken`: the driver's rings are invalid, and the device needs a reset. */
export type Next = Readonly<{kind: 'chain'; chain: Chain}> | Readonly<{kind: 'empty'}> | Broken
export type Broken = Readonly<{kind: 'broken'; reason: string}>

export type DescriptorTable = Readonly<{gpa: Gpa; entries: number}>
export type ChainLimits = Readonly<{isIndirectAccepted: boolean}>

export function broken(reason: string): Broken {
	return {kind: 'broken', reason}
}

/**
 * Walks a chain, which may end with an indirect descriptor: a table of its own, where the chain goes on. Broken: a loop, an
 * index outside its table, a buffer that is empty or not in guest RAM, one that the device reads behind one that it writes.
 */
export function walkChain(
	ram: GuestRam,
	{table, head, limits}: Readonly<{table: DescriptorTable; head: number; limits: ChainLimits}>,
): Next {
	const buffers: Buffer[] = []
	let current = table
	let isIndirect = false
	let index = head
	// In the present table. A chain that visits more descriptors than the table has must loop.
	for (let visited = 0; visited < current.entries; visited++) {
		if (index >= current.entries) return broken(`descriptor ${index} is outside a table of ${current.entries}`)
		const {gpa, length, flags, next} = readDescriptor(ram, current.gpa + Descriptor.size * index)
		if (flags & DescriptorFlag.indirect) {
			if (!limits.isIndirectAccepted) return broken(`descriptor ${index} is indirect, which was not negotiated`)
			if (isIndirect) return broken(`descriptor ${index} of an indirect table is indirect`)
			if (flags & DescriptorFlag.next) return broken(`descriptor ${index} is indirect, and another follows`)
			const inner = indirectTable(ram, {gpa, length})
			if ('kind' in inner) return inner
			;[current, isIndirect, index, visited] = [inner, true, 0, -1]
			continue
		}
		if (length === 0) return broken(`descriptor ${index} is of no bytes`)
		if (!ram.contains(gpa, length)) return broken(`descriptor ${index} points outside guest RAM`)
		const access = flags & DescriptorFlag.write ? 'device-writes' : 'device-reads'
		if (access === 'device-reads' && buffers.at(-1)?.access === 'device-writes')
			return broken(`descriptor ${index} is to be read, behind one to be written`)
		if (buffers.length === mostBuffers)
			return broken(`the chain of descriptor ${head} has more than ${mostBuffers} buffers`)
		buffers.push({gpa, length, access})
		if (!(flags & DescriptorFlag.next)) return {kind: 'chain', chain: {head, buffers}}
		index = next
	}
	return broken(`the chain of descriptor ${head} has more than ${current.entries} descriptors`)
}

function indirectTable(ram: GuestRam, {gpa, length}: {gpa: Gpa; length: number}): DescriptorTable | Broken {
	if (length === 0 || length % Descriptor.size !== 0) return broken(`an indirect table has ${length} bytes`)
	if (gpa % 4 !== 0) return broken('an indirect table is not aligned to 4 bytes')
	if (!ram.contains(gpa, length)) return broken('an indirect table is not in guest RAM')
	return {gpa, entries: length / Descriptor.size}
}

/** Plain: ordered by the load of the available index. The driver may change it meanwhile: what is checked is what is used. */
function readDescriptor(ram: GuestRam, at: Gpa): {gpa: Gpa; length: number; flags: number; next: number} {
	const {u32, u16} = ram.memory
	const offset = ram.ramOffset(at, Descriptor.size)
	const word = (field: number) => u32[(offset + field) >>> 2] as number
	const half = (field: number) => u16[(offset + field) >>> 1] as number
	const {address, length, flags, next} = Descriptor.offset
	return {
		gpa: word(address) + word(address + 4) * 0x1_0000_0000,
		length: word(length),
		flags: half(flags),
		next: half(next),
	}
}
