/** Whole modules: they are valid, and run. */
import test from 'ava'
import {ModuleBuilder} from '../../src/wasm/index.ts'

test('a loop over shared memory runs', async (t) => {
	const module = new ModuleBuilder()
	module.importSharedMemory('env', 'memory')
	module.function(
		'sum',
		{parameters: ['i32', 'i32'], results: ['i64']},
		(code) => {
			const [address, count] = [code.parameter(0), code.parameter(1)]
			const sum = code.local('i64')
			code.block('done', (done) => {
				code.loop('next', (next) => {
					code.get(count).op('i32.eqz').brIf(done)
					code.get(sum).get(address).memory('i64.load32_s', 8).op('i64.add').set(sum)
					code.get(address).i32(4).op('i32.add').set(address)
					code.get(count).i32(1).op('i32.sub').set(count).br(next)
				})
			})
			code.get(sum)
		},
		{exported: true},
	)
	const memory = new WebAssembly.Memory({initial: 1, maximum: 1, shared: true})
	// Plain: one thread.
	new Int32Array(memory.buffer, 24).set([1, -2, 30])
	const {instance} = await WebAssembly.instantiate(module.toBytes(), {env: {memory}})
	const {sum} = instance.exports as {sum(address: number, count: number): bigint}
	t.is(sum(16, 3), 29n)
	t.is(sum(16, 0), 0n)
})

test('functions call imported ones and each other', async (t) => {
	const module = new ModuleBuilder()
	const binary = {parameters: ['i64', 'i64'], results: ['i64']} as const
	const imported = module.importFunction('env', 'combine', binary)
	const twice = module.function('twice', binary, (code) => {
		const [a, b] = [code.parameter(0), code.parameter(1)]
		code.get(a).get(b).call(imported).get(b).call(imported)
	})
	module.function('run', binary, (code) => code.get(code.parameter(1)).get(code.parameter(0)).call(twice), {
		exported: true,
	})
	const {instance} = await WebAssembly.instantiate(module.toBytes(), {env: {combine: (a: bigint, b: bigint) => a - b}})
	const {run} = instance.exports as {run(a: bigint, b: bigint): bigint}
	t.is(run(3n, 100n), 94n)
	t.deepEqual(WebAssembly.Module.exports(new WebAssembly.Module(module.toBytes())), [{name: 'run', kind: 'function'}])
})

test('an import after a function is refused', (t) => {
	const module = new ModuleBuilder()
	const nothing = {parameters: [], results: []} as const
	module.function('first', nothing, () => {})
	t.throws(() => module.importFunction('env', 'late', nothing), {
		message: 'Invariant broken: imports come before functions: they share one index space',
	})
})

test('a module names its functions for stack traces', async (t) => {
	const module = new ModuleBuilder()
	module.function('failing', {parameters: [], results: []}, (code) => code.op('unreachable'), {exported: true})
	const {instance} = await WebAssembly.instantiate(module.toBytes())
	const error = t.throws(() => (instance.exports as {failing(): void}).failing(), {
		instanceOf: WebAssembly.RuntimeError,
	})
	t.regex(error!.stack!, /failing/)
})

const unary = {parameters: ['i32'], results: ['i32']} as const

test('functions that are declared first call each other in any order', async (t) => {
	const module = new ModuleBuilder()
	const even = module.declareFunction('even', unary, {exported: true})
	const odd = module.declareFunction('odd', unary)
	const define = (reference: typeof even, other: typeof even, zero: number) =>
		module.defineFunction(reference, (code) => {
			const n = code.parameter(0)
			code.get(n).if(
				'i32',
				() => code.get(n).i32(1).op('i32.sub').returnCall(other),
				() => code.i32(zero),
			)
		})
	define(odd, even, 0)
	define(even, odd, 1)
	const {instance} = await WebAssembly.instantiate(module.toBytes())
	const {even: run} = instance.exports as {even(n: number): number}
	// Tail calls: the stack does not grow.
	t.deepEqual([run(0), run(7), run(1_000_000)], [1, 0, 1])
})

test('a declared function must be defined, once', (t) => {
	const module = new ModuleBuilder()
	const declared = module.declareFunction('later', unary)
	t.throws(() => module.toBytes(), {message: 'Invariant broken: the function later is defined'})
	module.defineFunction(declared, (code) => code.i32(0))
	t.throws(() => module.defineFunction(declared, () => {}), {
		message: 'Invariant broken: a function is declared, and defined once',
	})
})

test('a module puts its functions into the table from base on, where others find them', async (t) => {
	const table = new WebAssembly.Table({element: 'anyfunc', initial: 20})
	const install = async (add: number, base: number) => {
		const module = new ModuleBuilder()
		module.importTable('env', 'regions')
		const start = module.importGlobal('env', 'base', 'i32')
		const one = module.function('one', unary, (code) => code.get(code.parameter(0)).i32(add).op('i32.add'))
		const two = module.function('two', unary, (code) => {
			const n = code.parameter(0)
			code.get(n).global(start).i32(0).op('i32.add').callIndirect(unary)
		})
		const tail = module.function('tail', unary, (code) => {
			code.get(code.parameter(0)).global(start).i32(1).op('i32.add').returnCallIndirect(unary)
		})
		module.elements(start, [one, two, tail])
		const global = new WebAssembly.Global({value: 'i32', mutable: false}, base)
		await WebAssembly.instantiate(module.toBytes(), {env: {regions: table, base: global}})
	}
	await install(100, 2)
	await install(1000, 10)
	const results = [2, 3, 4, 10, 11, 12].map((index) => (table.get(index) as (n: number) => number)(5))
	t.deepEqual(results, [105, 105, 105, 1005, 1005, 1005])
	t.is(table.get(5), null)
})

test('variables are each instance’s own, 0 at first', async (t) => {
	const module = new ModuleBuilder()
	module.importGlobal('env', 'base', 'i32')
	const [sum, long] = [module.variable('i32'), module.variable('i64')]
	module.function(
		'add',
		unary,
		(code) => {
			code.global(sum).get(code.parameter(0)).op('i32.add').setGlobal(sum)
			code.global(sum).op('i64.extend_i32_u').i64(1n).op('i64.add').setGlobal(long)
			code.global(long).op('i32.wrap_i64').global(sum).op('i32.sub').global(sum).op('i32.mul')
		},
		{exported: true},
	)
	t.throws(() => module.importGlobal('env', 'late', 'i32'), {
		message: 'Invariant broken: imports come before variables: they share one index space',
	})
	const compiled = new WebAssembly.Module(module.toBytes())
	const env = {base: new WebAssembly.Global({value: 'i32', mutable: false}, 9)}
	const instances = [0, 1].map(() => new WebAssembly.Instance(compiled, {env}).exports as {add(n: number): number})
	t.deepEqual([instances[0]!.add(3), instances[0]!.add(4), instances[1]!.add(5)], [3, 7, 5])
})

test('a large module is built without deep recursion or long argument lists', (t) => {
	const module = new ModuleBuilder()
	for (let index = 0; index < 300; index++) {
		module.function(`f${index}`, unary, (code) => {
			code.get(code.parameter(0))
			for (let i = 0; i < (index === 0 ? 200_000 : 100); i++) code.i32(i * 12_345).op('i32.add')
		})
	}
	t.true(WebAssembly.validate(module.toBytes()))
})

test('the name section names the module and locals', (t) => {
	const module = new ModuleBuilder({name: 'regions'})
	module.function('first', {parameters: [], results: []}, () => {})
	module.function('second', {parameters: ['i32'], results: []}, (code) => {
		code.local('i64', 'a0')
		code.parameter(0, 'block')
	})
	const [names] = WebAssembly.Module.customSections(new WebAssembly.Module(module.toBytes()), 'name')
	const text = (name: string) => [name.length, ...Buffer.from(name)]
	t.deepEqual(
		[...new Uint8Array(names!)],
		[
			...[0, 8, ...text('regions')],
			...[1, 16, 2, 0, ...text('first'), 1, ...text('second')],
			...[2, 14, 1, 1, 2, 0, ...text('block'), 1, ...text('a0')],
		],
	)
})
