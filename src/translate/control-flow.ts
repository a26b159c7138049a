/** The shape of a control-flow graph: order, dominators, loops, and where each node's code goes. */

/** Successors by node; node 0 is the entry. A successor reached in two ways may be listed twice. */
export type Graph = readonly (readonly number[])[]

/**
 * What a graph's nodes and edges are. An edge is *retreating* when it goes back in reverse postorder; a retreating edge
 * is a *back edge* when its target, a *loop header*, dominates its source, and is *cut* otherwise: it would make the
 * graph irreducible.
 */
export type Structure = Readonly<{
	/**
	 * Reachable nodes in reverse postorder: a node comes after all that dominate it. Cutting edges leaves all of them
	 * reachable.
	 */
	order: Int32Array
	/** The immediate dominator by node; −1 for the entry and for unreachable nodes. */
	dominator: Int32Array
	isReachable(node: number): boolean
	isLoopHeader(node: number): boolean
	/** It has more than one incoming forward edge. */
	isMerge(node: number): boolean
	isCut(from: number, to: number): boolean
	isBackEdge(from: number, to: number): boolean
	/** By node: the nodes whose code is placed after the node's own, as branch targets. Last in the order comes first. */
	followers: readonly (readonly number[])[]
	/** By loop header: the nodes whose code is placed after the whole loop. Last in the order comes first. */
	exits: readonly (readonly number[])[]
	/** By loop header: the header of the next loop around its own, or −1. */
	loopAround: Int32Array
	/** Whether edges were cut: a loop has a second way in. */
	hasCuts: boolean
}>

/** A larger dominator subtree is placed after its parent's code instead of nested in it, so that chains do not nest. */
const largestNested = 16
const none = -1

type Order = Readonly<{
	order: Int32Array
	/** By node: its index in `order`, or none. */
	place: Int32Array
}>

/** Depth-first search with an explicit stack: graphs may be deep. */
function reversePostorder(graph: Graph): Order {
	const place = new Int32Array(graph.length).fill(none)
	const nextSuccessor = new Int32Array(graph.length)
	const postorder: number[] = []
	const path = [0]
	const seen = new Uint8Array(graph.length)
	seen[0] = 1
	while (path.length > 0) {
		const node = path[path.length - 1]!
		const successor = graph[node]![nextSuccessor[node]!++]
		if (successor === undefined) {
			postorder.push(node)
			path.pop()
		} else if (!seen[successor]) {
			seen[successor] = 1
			path.push(successor)
		}
	}
	const order = Int32Array.from(postorder).reverse()
	for (let index = 0; index < order.length; index++) place[order[index]!] = index
	return {order, place}
}

/**
 * Sources of the uncut edges into each node: those of `node` are sources[start[node]] … sources[start[node + 1] − 1].
 */
type Predecessors = Readonly<{start: Int32Array; sources: Int32Array}>

function predecessorsOf(graph: Graph, {order}: Order, isCut: (from: number, to: number) => boolean): Predecessors {
	const start = new Int32Array(graph.length + 1)
	for (const from of order) for (const to of graph[from]!) if (!isCut(from, to)) start[to + 1]!++
	for (let node = 0; node < graph.length; node++) start[node + 1]! += start[node]!
	const free = start.slice()
	const sources = new Int32Array(start[graph.length]!)
	for (const from of order) for (const to of graph[from]!) if (!isCut(from, to)) sources[free[to]!++] = from
	return {start, sources}
}

/** Cooper, Harvey, Kennedy: "A Simple, Fast Dominance Algorithm". */
function dominatorsOf({order, place}: Order, {start, sources}: Predecessors): Int32Array {
	const dominator = new Int32Array(place.length).fill(none)
	dominator[0] = 0
	let changed = true
	while (changed) {
		changed = false
		for (let index = 1; index < order.length; index++) {
			const node = order[index]!
			let common = none
			for (let edge = start[node]!; edge < start[node + 1]!; edge++) {
				let other = sources[edge]!
				if (dominator[other] === none) continue
				if (common === none) common = other
				while (common !== other) {
					if (place[common]! > place[other]!) common = dominator[common]!
					else other = dominator[other]!
				}
			}
			if (dominator[node] === common) continue
			dominator[node] = common
			changed = true
		}
	}
	dominator[0] = none
	return dominator
}

/** Innermost natural loops, by their headers. */
type Loops = Readonly<{
	/** By node: the header of the innermost loop around it (a header's is itself), or none. */
	innermost: Int32Array
	/** By header: the header of the next loop around its own, or none. */
	around: Int32Array
}>

/**
 * Finds loops from the inside out. A loop consists of the nodes that reach its back edges; inner loops join as wholes.
 */
function loopsOf({order, place}: Order, {start, sources}: Predecessors): Loops {
	const innermost = new Int32Array(place.length).fill(none)
	const around = new Int32Array(place.length).fill(none)
	const work: number[] = []
	for (let index = order.length - 1; index >= 0; index--) {
		const header = order[index]!
		for (let edge = start[header]!; edge < start[header + 1]!; edge++) {
			if (place[sources[edge]!]! >= index) work.push(sources[edge]!)
		}
		if (work.length > 0) innermost[header] = header
		while (work.length > 0) {
			let node = work.pop()!
			if (innermost[node] === none) innermost[node] = header
			else {
				node = innermost[node]!
				while (node !== header && around[node] !== none) node = around[node]!
				if (node === header) continue
				around[node] = header
			}
			// A whole inner loop is entered at its header only: its back edges lead to itself, and end at the test above.
			for (let edge = start[node]!; edge < start[node + 1]!; edge++) work.push(sources[edge]!)
		}
	}
	return {innermost, around}
}

/** The outermost of the loops around `dominator` that `node` has left, or none. */
function loopLeft(node: number, dominator: number, {innermost, around}: Loops): number {
	let left = none
	for (let loop = innermost[dominator]!; loop !== none; loop = around[loop]!) {
		let same = innermost[node]!
		while (same !== none && same !== loop) same = around[same]!
		if (same === loop) break
		left = loop
	}
	return left
}

/** Near-linear in nodes and edges. */
export function analyze(graph: Graph): Structure {
	const found = reversePostorder(graph)
	const {order, place} = found
	const isRetreating = (from: number, to: number): boolean => place[to]! <= place[from]!
	const cut = new Set<number>()
	const isCut = (from: number, to: number): boolean => cut.size > 0 && cut.has(from * graph.length + to)
	let predecessors = predecessorsOf(graph, found, isCut)
	let dominator = dominatorsOf(found, predecessors)
	for (const from of order) {
		for (const to of graph[from]!) {
			if (!isRetreating(from, to)) continue
			let above = from
			while (place[above]! > place[to]!) above = dominator[above]!
			if (above !== to) cut.add(from * graph.length + to)
		}
	}
	// One pass is enough. A retreating edge is never a tree edge of the search, so all nodes stay reachable and the order
	// stays valid. With fewer edges nodes dominate more, so no other edge needs cutting.
	if (cut.size > 0) {
		predecessors = predecessorsOf(graph, found, isCut)
		dominator = dominatorsOf(found, predecessors)
	}
	const {start, sources} = predecessors
	const loops = loopsOf(found, predecessors)
	const forwardEdges = new Int32Array(graph.length)
	const subtree = new Int32Array(graph.length).fill(1)
	const followers: number[][] = graph.map(() => [])
	const exits: number[][] = graph.map(() => [])
	for (let index = order.length - 1; index > 0; index--) {
		const node = order[index]!
		const parent = dominator[node]!
		subtree[parent]! += subtree[node]!
		for (let edge = start[node]!; edge < start[node + 1]!; edge++) {
			if (!isRetreating(sources[edge]!, node)) forwardEdges[node]!++
		}
		const left = loopLeft(node, parent, loops)
		if (left !== none) exits[left]!.push(node)
		else if (forwardEdges[node]! > 1 || subtree[node]! > largestNested) followers[parent]!.push(node)
	}
	return {
		order,
		dominator,
		followers,
		exits,
		loopAround: loops.around,
		hasCuts: cut.size > 0,
		isReachable: (node) => place[node]! >= 0,
		isLoopHeader: (node) => loops.innermost[node] === node,
		isMerge: (node) => forwardEdges[node]! > 1,
		isCut,
		isBackEdge: (from, to) => isRetreating(from, to) && !isCut(from, to),
	}
}
