/** Structured code from control-flow graphs: it goes where the graph goes. */
import {isDeepStrictEqual} from 'node:util'
import test from 'ava'
import {analyze, emitStructured, type Graph} from '../../src/translate/structure.ts'
import {Code} from '../../src/wasm/index.ts'
import type {Random} from '../hart/core/float-operands.ts'
import {randomFor, seed} from '../interpreter/seed.ts'
import {compile, execute, type Style, walk} from './graph-code.ts'
import {randomGraph, randomShape} from './random-graph.ts'

const styles: readonly Style[] = ['flat', 'nested', 'arms']

/** Runs of up to 500 nodes. */
const choices = (random: Random): number[] => Array.from({length: random.below(500)}, () => random.below(4))

/** A node dominates another that cannot be reached without it. */
function dominatesByDefinition(graph: Graph): (dominator: number, node: number) => boolean {
	const reached = graph.map((_, without) => {
		const seen = new Set([without])
		const work = without === 0 ? [] : [0]
		for (let node = work.pop(); node !== undefined; node = work.pop()) {
			if (seen.has(node)) continue
			seen.add(node)
			work.push(...graph[node]!)
		}
		return seen
	})
	return (dominator, node) => dominator === node || !reached[dominator]!.has(node)
}

const graphs: Readonly<Record<string, Graph>> = {
	'a single node': [[]],
	'a node that goes to itself': [[0]],
	'a chain': [[1], [2], [3], []],
	'a diamond': [[1, 2], [3], [3], []],
	'an if without else': [[1, 2], [2], []],
	'both ways to one node': [[1, 1], []],
	'diamonds in the arms of a diamond': [[1, 2], [3, 4], [5, 6], [7], [7], [8], [8], [9], [9], []],
	'a loop with two exits and continue': [[1], [2, 5], [1, 3], [4, 6], [1], [7], [7], []],
	'loops within loops': [[1], [2, 7], [3, 6], [4], [4, 5], [3, 2], [1], []],
	'two loops with one header': [[1], [2, 3, 4], [1], [1], []],
	'an exit through two loops': [[1], [2], [2, 3, 5], [1, 4], [], []],
	'the code after a loop branches to the code after the loop around it': [[1], [2], [2, 3], [1, 4, 5], [5], []],
	'many ways': [[1, 2, 3, 4, 5, 6], [2], [3], [4, 6], [6], [6, 0], []],
	'a loop entered at two nodes': [[1, 2], [2, 3], [1, 3], []],
	'loops entered in their middles': [[1, 2, 3, 4], [2], [3, 1], [4, 2], [1, 5], []],
}

for (const [title, graph] of Object.entries(graphs)) {
	test(`code for ${title} goes where the graph goes`, (t) => {
		const random = randomFor(title)
		for (const style of styles) {
			const module = compile(graph, style)
			for (let run = 0; run < 20; run++) {
				const taken = choices(random)
				t.deepEqual(execute(module, taken), walk(graph, taken), style)
			}
		}
	})
}

test('code for random graphs goes where the graphs go', (t) => {
	t.log(`seed ${seed}`)
	const random = randomFor('graphs')
	let cuts = 0
	for (let count = 0; count < 600; count++) {
		const shape = randomShape(random)
		const graph = randomGraph(random, 1 + random.below(60), shape)
		const module = compile(graph, random.pick(styles))
		for (let run = 0; run < 3; run++) {
			const taken = choices(random)
			const expected = walk(graph, taken)
			if (typeof expected.ended === 'object') cuts++
			const trace = execute(module, taken)
			if (isDeepStrictEqual(trace, expected)) continue
			t.deepEqual(trace, expected, `INTERPRETER_SEED=${seed}: ${JSON.stringify({shape, graph, taken})}`)
			return
		}
	}
	t.true(cuts > 0)
})

test('dominators are those of the definition, and only edges that enter loops in their middles are cut', (t) => {
	const random = randomFor('dominators')
	for (let count = 0; count < 200; count++) {
		const graph = randomGraph(random, 1 + random.below(25), randomShape(random))
		const structure = analyze(graph)
		const kept = graph.map((successors, from) => successors.filter((to) => !structure.isCut(from, to)))
		const place = new Map([...structure.order].map((node, index) => [node, index]))
		t.is(place.size, graph.length)
		const dominates = dominatesByDefinition(kept)
		for (const [node, successors] of kept.entries()) {
			const dominators = graph.map((_, other) => other).filter((other) => other !== node && dominates(other, node))
			const nearest = dominators.sort((a, b) => place.get(b)! - place.get(a)!)[0] ?? -1
			t.is(structure.dominator[node], nearest, JSON.stringify(graph))
			for (const to of successors) {
				const backward = place.get(to)! <= place.get(node)!
				t.is(structure.isBackEdge(node, to), backward)
				if (backward) t.true(structure.isLoopHeader(to) && dominates(to, node), JSON.stringify(graph))
			}
		}
	}
})

test('a loop entered at two nodes is cut once, and all nodes stay reachable', (t) => {
	const structure = analyze([[1, 2], [2, 3], [1, 3], []])
	const cuts = [structure.isCut(1, 2), structure.isCut(2, 1)]
	t.is(cuts.filter(Boolean).length, 1)
	t.deepEqual(
		[0, 1, 2, 3].map((node) => structure.isReachable(node)),
		[true, true, true, true],
	)
	t.false([0, 1, 2, 3].some((node) => structure.isLoopHeader(node)))
})

test('a node that nothing leads to is not emitted', (t) => {
	const structure = analyze([[2], [2], [0]])
	t.false(structure.isReachable(1))
	t.false(structure.isMerge(2))
	const emitted: number[] = []
	emitStructured(new Code([]), structure, {
		node(node, goTo) {
			emitted.push(node)
			goTo(node === 0 ? 2 : 0)
		},
		cutEdge: () => t.fail(),
		backEdge: (from, to) => t.deepEqual([from, to], [2, 0]),
		loopHeader: (node) => t.is(node, 0),
	})
	t.deepEqual(emitted, [0, 2])
})

test('code after a loop is not emitted within it', (t) => {
	const graph: Graph = [[1], [2, 4], [3, 5], [1], [6], [6], []]
	const code = new Code([])
	const emitted: (number | 'loop')[] = []
	emitStructured(code, analyze(graph), {
		node(node, goTo) {
			emitted.push(node)
			for (const successor of graph[node]!) {
				code.i32(1)
				code.if(undefined, () => goTo(successor))
			}
		},
		cutEdge: () => t.fail(),
		backEdge: () => emitted.push('loop'),
	})
	t.deepEqual(emitted.slice(0, 5), [0, 1, 2, 3, 'loop'])
})

for (const [title, ways] of Object.entries<(node: number, last: number) => readonly number[]>({
	'a chain': (node, last) => (node < last ? [node + 1] : []),
	'a chain that may end at each node': (node, last) => (node < last ? [node + 1, last] : []),
	'a chain that may start again at each node': (node, last) => (node < last ? [0, node + 1] : []),
	'a ladder of diamonds': (node, last) =>
		node + 3 > last ? (node < last ? [node + 1] : []) : node % 3 === 0 ? [node + 1, node + 2] : [node + 3 - (node % 3)],
	'diamonds within diamonds': (node, last) =>
		node >= last ? [] : node < last / 2 ? [node + 1, last - node] : [Math.min(last, node + 1)],
	'loops within loops': (node, last) =>
		node >= last ? [] : node < last / 2 ? [node + 1] : [last - node, Math.min(last, node + 1)],
	'a way to each node': (node, last) => (node === 0 ? Array.from({length: last}, (_, index) => index + 1) : []),
})) {
	test(`${title} of 1,000 nodes is emitted, valid, and runs`, (t) => {
		const random = randomFor(title)
		const graph = Array.from({length: 1000}, (_, node) => ways(node, 999))
		const styleHere = title === 'a way to each node' ? 'flat' : 'arms'
		const module = compile(graph, styleHere)
		for (let run = 0; run < 5; run++) {
			const taken = choices(random)
			t.deepEqual(execute(module, taken), walk(graph, taken))
		}
	})
}
