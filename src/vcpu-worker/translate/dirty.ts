/** Which registers may be newer in locals than in the vCPU block: a forward analysis over a region's blocks. */
import {type Block, continuations, type Region} from './region.ts'
import {contains, noRegisters, type RegisterSet, registersWritten, union} from './register-set.ts'

/** At the beginning of each block. */
export function dirtyAtEntries({blocks, blockAt}: Region): RegisterSet[] {
	const written = blocks.map(({instructions}) =>
		instructions.map(({decoded}) => registersWritten(decoded)).reduce(union, noRegisters),
	)
	const atEntry = blocks.map(() => noRegisters)
	const queue = blocks.map((_, index) => index)
	for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
		const {terminator} = blocks[index]!
		const atEnd = dirtyAtEnd(terminator, union(atEntry[index]!, written[index]!))
		for (const to of continuations(terminator)) {
			const next = blockAt.get(to)
			if (next === undefined || contains(atEntry[next]!, atEnd)) continue
			atEntry[next] = union(atEntry[next]!, atEnd)
			queue.push(next)
		}
	}
	return atEntry
}

/** After a call all registers come from the block. */
function dirtyAtEnd({kind}: Block['terminator'], registers: RegisterSet): RegisterSet {
	return kind === 'call' ? noRegisters : registers
}
