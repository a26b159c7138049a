/** Random control-flow graphs of many shapes. */
import type {Graph} from '../../src/translate/structure.ts'
import type {Random} from '../hart/core/float-operands.ts'

/** How a graph is drawn: the tree that makes all nodes reachable, then further edges. */
export type Shape = Readonly<{
	/** A node's parent is one of this many nodes before it: 1 makes a chain. */
	reach: number
	/** Further edges, in percent of the nodes. */
	edges: number
	/** Percent of the further edges that go back. */
	backward: number
	/** Further edges span at most this many nodes. */
	span: number
	/** Percent of the backward edges that go to an ancestor in the tree: the rest are mostly irreducible. */
	toAncestor: number
}>

export const randomShape = (random: Random): Shape => ({
	reach: random.pick([1, 2, 3, 60]),
	edges: random.pick([0, 30, 100, 100, 200]),
	backward: random.pick([0, 20, 50, 90]),
	span: random.pick([2, 5, 60]),
	toAncestor: random.pick([0, 80, 100, 100]),
})

export function randomGraph(random: Random, nodes: number, shape: Shape): Graph {
	const parents = [0]
	const graph: number[][] = Array.from({length: nodes}, () => [])
	for (let node = 1; node < nodes; node++) {
		const parent = node - 1 - random.below(Math.min(shape.reach, node))
		parents.push(parent)
		graph[parent]!.push(node)
	}
	for (let edge = 0; edge < (nodes * shape.edges) / 100; edge++) {
		const from = random.below(nodes)
		let distance = random.below(shape.span)
		if (random.below(100) >= shape.backward) {
			graph[from]!.push(Math.min(nodes - 1, from + 1 + distance))
		} else if (random.below(100) >= shape.toAncestor) {
			graph[from]!.push(Math.max(0, from - distance))
		} else {
			let ancestor = from
			for (; distance > 0; distance--) ancestor = parents[ancestor]!
			graph[from]!.push(ancestor)
		}
	}
	return renumber(graph, random)
}

/** Shuffles the nodes, except the entry, and each node's successors. */
function renumber(graph: Graph, random: Random): Graph {
	const numbers = [
		0,
		...shuffle(
			random,
			Array.from({length: graph.length - 1}, (_, index) => index + 1),
		),
	]
	const renumbered: number[][] = []
	for (const [node, successors] of graph.entries()) {
		renumbered[numbers[node]!] = shuffle(
			random,
			successors.map((successor) => numbers[successor]!),
		)
	}
	return renumbered
}

function shuffle(random: Random, items: number[]): number[] {
	for (let end = items.length; end > 1; end--) {
		const other = random.below(end)
		;[items[end - 1], items[other]] = [items[other]!, items[end - 1]!]
	}
	return items
}
