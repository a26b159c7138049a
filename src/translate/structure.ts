/** From a control-flow graph to structured WebAssembly. After Ramsey, "Beyond Relooper" (ICFP 2022). */
import {assert} from '../errors.ts'
import type {Code, Label} from '../wasm/index.ts'
import type {Structure} from './control-flow.ts'

export {analyze, type Graph, type Structure} from './control-flow.ts'

export type EmitNodes = Readonly<{
	/**
	 * Emits a node's own code; called once for each reachable node. Where control goes to a successor it calls `goTo`, at
	 * the end or in the arm of an `if`: that emits the successor's code in place, or a branch to it, and control does not
	 * come back.
	 */
	node(node: number, goTo: (successor: number) => void): void
	/** Emits the exit for an edge that the structure cuts. */
	cutEdge(from: number, to: number): void
	/** Called just before a backward branch is emitted. */
	backEdge(from: number, to: number): void
	/** Called at the start of a loop: what it emits runs before the header's code, in each iteration. */
	loopHeader?(node: number): void
}>

/**
 * Emits all the graph's code, ending with `unreachable`. Code nests as the graph does: loops within loops, and branches
 * within branches that meet again; chains do not nest. The emitter is recursive: some 500 levels fit on the stack of
 * Node's main thread (984 KiB), fewer than V8 would compile.
 */
export function emitStructured(code: Code, structure: Structure, emit: EmitNodes): void {
	const {followers, exits, order} = structure
	/** By node: the label of the WebAssembly block at whose end the node's code starts. */
	const starts: (Label | undefined)[] = new Array(followers.length)
	const loops: (Label | undefined)[] = new Array(followers.length)
	let emitted = 0

	// block last { … block first { inner } code of first … }; the caller emits the code of last
	const before = (nodes: readonly number[], inner: () => void, index = 0): void => {
		const node = nodes[index]!
		code.block(`before ${node}`, (label) => {
			starts[node] = label
			if (index + 1 === nodes.length) return inner()
			before(nodes, inner, index + 1)
			withAllAfter(nodes[index + 1]!)
		})
		starts[node] = undefined
	}

	// block exits { loop { block followers { node } code of followers } } code of exits
	const withAllAfter = (first: number): void => {
		let node = first
		for (;;) {
			const outside = exits[node]!
			if (outside.length > 0) {
				const inside = node
				before(outside, () => loop(inside))
			} else if (structure.isLoopHeader(node)) return loop(node)
			else withFollowers(node)
			const [last] = outside.length > 0 ? outside : followers[node]!
			if (last === undefined) return
			node = last
		}
	}

	const loop = (node: number): void => {
		code.loop(`loop ${node}`, (label) => {
			loops[node] = label
			emit.loopHeader?.(node)
			withFollowers(node)
			const [last] = followers[node]!
			if (last !== undefined) withAllAfter(last)
		})
		loops[node] = undefined
	}

	const withFollowers = (node: number): void => {
		if (followers[node]!.length > 0) before(followers[node]!, () => emitNode(node))
		else emitNode(node)
	}

	const emitNode = (from: number): void => {
		emitted++
		emit.node(from, (to) => {
			if (structure.isCut(from, to)) return emit.cutEdge(from, to)
			if (structure.isBackEdge(from, to)) {
				emit.backEdge(from, to)
				const label = loops[to]
				assert(label, `the loop of ${to} is around ${from}`)
				code.br(label)
				return
			}
			const label = starts[to]
			if (label) code.br(label)
			else withAllAfter(to)
		})
	}

	withAllAfter(0)
	code.op('unreachable')
	assert(emitted === order.length, `each of ${order.length} nodes was emitted once, not ${emitted} in all`)
}
