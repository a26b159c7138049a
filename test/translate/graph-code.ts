/**
 * Graphs run as WebAssembly and walked directly: each node logs its number and picks a successor by the next choice.
 */
import {analyze, emitStructured, type Graph} from '../../src/translate/structure.ts'
import {ModuleBuilder} from '../../src/wasm/index.ts'

/** A walk's log: the nodes in order, with −1 for a back edge before its target; and how the walk ended. */
export type Trace = Readonly<{log: readonly number[]; ended: 'exit' | 'steps' | readonly [from: number, to: number]}>

const backEdgeMark = -1
const logStart = 1024
const ending = {exit: -2, steps: -3, cut: -4}

/** Successors by choice: the last one takes all remaining choices. */
const chosen = (successors: readonly number[], choice: number): number | undefined =>
	successors[Math.min(choice, successors.length - 1)]

export function walk(graph: Graph, choices: readonly number[]): Trace {
	const structure = analyze(graph)
	const log: number[] = []
	let node = 0
	for (const choice of choices) {
		log.push(node)
		const next = chosen(graph[node]!, choice)
		if (next === undefined) return {log, ended: 'exit'}
		if (structure.isCut(node, next)) return {log, ended: [node, next]}
		if (structure.isBackEdge(node, next)) log.push(backEdgeMark)
		node = next
	}
	log.push(node)
	return {log, ended: 'steps'}
}

/** Ways to leave a node: tests one after the other, tests within tests, or all in arms of `if`. */
export type Style = 'flat' | 'nested' | 'arms'

export function compile(graph: Graph, style: Style): WebAssembly.Module {
	const structure = analyze(graph)
	const module = new ModuleBuilder()
	module.importSharedMemory('env', 'memory')
	const run = {parameters: ['i32'], results: ['i32']} as const
	module.function(
		'run',
		run,
		(code) => {
			const left = code.parameter(0)
			const [log, next, choice] = [code.local('i32'), code.local('i32'), code.local('i32')]
			const append = (value: number) => {
				code.get(log).i32(value).memory('i32.store', logStart)
				code.get(log).i32(4).op('i32.add').set(log)
			}
			const end = (value: number) => {
				append(value)
				code.get(log).op('return')
			}
			emitStructured(code, structure, {
				node(node, goTo) {
					const successors = graph[node]!
					append(node)
					code.get(left).op('i32.eqz')
					code.if(undefined, () => end(ending.steps))
					code.get(left).i32(1).op('i32.sub').set(left)
					code.get(next).memory('i32.load8_u').set(choice)
					code.get(next).i32(1).op('i32.add').set(next)
					const leave = (index: number) => {
						const successor = successors[index]
						if (successor === undefined) return end(ending.exit)
						if (index + 1 === successors.length && style !== 'arms') return goTo(successor)
						code
							.get(choice)
							.i32(index)
							.op(index + 1 < successors.length ? 'i32.eq' : 'i32.ge_u')
						if (style === 'nested') {
							code.op('i32.eqz')
							code.if(undefined, () => leave(index + 1))
							goTo(successor)
						} else {
							code.if(undefined, () => goTo(successor))
							if (index + 1 < successors.length) leave(index + 1)
							else code.op('unreachable')
						}
					}
					leave(0)
				},
				cutEdge(from, to) {
					append(ending.cut)
					append(from)
					end(to)
				},
				backEdge: () => append(backEdgeMark),
			})
		},
		{exported: true},
	)
	return new WebAssembly.Module(module.toBytes())
}

export function execute(module: WebAssembly.Module, choices: readonly number[]): Trace {
	const memory = new WebAssembly.Memory({initial: 1, maximum: 1, shared: true})
	new Uint8Array(memory.buffer).set(choices)
	const {run} = new WebAssembly.Instance(module, {env: {memory}}).exports as {run(steps: number): number}
	const log = [...new Int32Array(memory.buffer, logStart, run(choices.length) / 4)]
	if (log.at(-3) === ending.cut) return {log: log.slice(0, -3), ended: [log.at(-2)!, log.at(-1)!]}
	return {log: log.slice(0, -1), ended: log.at(-1) === ending.exit ? 'exit' : 'steps'}
}
