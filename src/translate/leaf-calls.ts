/**
 * Leaf callees in line: a short function that calls nothing, in the pages of the region that calls it, becomes part of the
 * region, once for each call. Its return is then a jump to what follows the call, without a look at the address: the link
 * register holds the return address as long as nothing in the callee writes it. Whatever else leaves the callee leaves the
 * region with registers and `pc` as they are, so that the interpreter goes on in the callee, as after a call that was unwound.
 */
import {assert} from '../errors.ts'
import type {Block, Terminator} from './block.ts'
import {contains, registerSetOf, writtenIn} from './register-set.ts'

/** Instructions of one callee, and of all that one region has in line. */
const longestCallee = 24
const mostInLine = 96

/** Copies of blocks are known by their offset and this times the copy's number. No offset is as large. */
export const copyDistance = 2 ** 40

type CallTerminator = Extract<Terminator, {kind: 'call'}>

/**
 * @param blocksAt finds the blocks that begin at an offset, entry first; none if they cannot be translated, or have not run. Of a long
 * callee in the next page the entry itself may be left out.
 */
export function withLeafCallees(
	blocks: readonly Block[],
	blocksAt: (offset: number) => readonly Block[],
): readonly Block[] {
	const starts = new Set(blocks.map(({start}) => start))
	const copies: Block[] = []
	let [left, copy] = [mostInLine, 0]
	const own = blocks.map((block): Block => {
		const {terminator} = block
		if (terminator.kind !== 'call' || terminator.to === undefined || !starts.has(terminator.next)) return block
		const callee = blocksAt(terminator.to)
		const length = callee.reduce((sum, {instructions}) => sum + instructions.length, 0)
		const hasEntry = callee[0]?.start === terminator.to
		if (!hasEntry || !isLeaf(callee, linkRegister(block)) || length > Math.min(longestCallee, left)) return block
		left -= length
		copy++
		copies.push(...copied(callee, {by: copy * copyDistance, call: terminator}))
		return {...block, terminator: {kind: 'enter', to: terminator.to + copy * copyDistance}}
	})
	return [...own, ...copies]
}

const linkRegister = ({instructions}: Block): number => instructions.at(-1)!.decoded.operands.rd

function isLeaf(callee: readonly Block[], link: number): boolean {
	const starts = new Set(callee.map(({start}) => start))
	return callee.every((block) => staysOrReturns(block, {link, starts}))
}

/** A branch may lead out of the callee: to what has not run, or what only the interpreter executes. */
function staysOrReturns(block: Block, {link, starts}: {link: number; starts: ReadonlySet<number>}): boolean {
	if (contains(writtenIn(block), registerSetOf(link))) return false
	const {terminator} = block
	switch (terminator.kind) {
		case 'branch':
			return true
		case 'fall':
		case 'jump':
			// Who goes on elsewhere returns from there, and would not find its caller.
			return starts.has(terminator.to)
		case 'return': {
			const {rs1, imm} = block.instructions.at(-1)!.decoded.operands
			return rs1 === link && imm === 0
		}
		default:
			return false
	}
}

function copied(callee: readonly Block[], {by, call}: {by: number; call: CallTerminator}): readonly Block[] {
	const starts = new Set(callee.map(({start}) => start))
	// What is not in the callee is left for by its own offset.
	const moved = (to: number) => (starts.has(to) ? to + by : to)
	return callee.map((block) => ({
		...block,
		key: block.start + by,
		terminator: movedTerminator(block.terminator, moved, call),
	}))
}

function movedTerminator(terminator: Terminator, moved: (to: number) => number, {next}: CallTerminator): Terminator {
	switch (terminator.kind) {
		case 'return':
			return {kind: 'jump', to: next}
		case 'fall':
		case 'jump':
			return {...terminator, to: moved(terminator.to)}
		case 'branch':
			return {...terminator, taken: moved(terminator.taken), to: moved(terminator.to)}
		default:
			assert(false, 'a block of a leaf falls, branches, jumps or returns')
	}
}
