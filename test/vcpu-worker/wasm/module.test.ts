/** Whole modules: what is built is valid, and runs. */
import test from 'ava'
import {ModuleBuilder} from '../../../src/vcpu-worker/wasm/index.ts'

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
