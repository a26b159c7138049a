/** Function bodies: LEB128, labels, locals. */
import test from 'ava'
import {Code, type Label, ModuleBuilder, signedLeb, unsignedLeb} from '../../../src/vcpu-worker/wasm/index.ts'

for (const [value, bytes] of [
	[0, [0]],
	[1, [1]],
	[127, [0x7f]],
	[128, [0x80, 1]],
	[624_485, [0xe5, 0x8e, 0x26]],
	[2 ** 31, [0x80, 0x80, 0x80, 0x80, 8]],
	[2 ** 32 - 1, [0xff, 0xff, 0xff, 0xff, 0x0f]],
] as const) {
	test(`unsigned LEB128 of ${value}`, (t) => t.deepEqual(unsignedLeb(value), [...bytes]))
}

for (const [value, bytes] of [
	[0n, [0]],
	[63n, [0x3f]],
	[64n, [0xc0, 0]],
	[-1n, [0x7f]],
	[-64n, [0x40]],
	[-65n, [0xbf, 0x7f]],
	[127n, [0xff, 0]],
	[-123_456n, [0xc0, 0xbb, 0x78]],
	[(1n << 63n) - 1n, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0]],
	[-(1n << 63n), [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f]],
] as const) {
	test(`signed LEB128 of ${value}`, (t) => t.deepEqual(signedLeb(value), [...bytes]))
}

test('a label is of no use outside its block', (t) => {
	const code = new Code([])
	let label: Label | undefined
	code.block('closed', (inner) => {
		label = inner
	})
	t.throws(() => code.br(label!), {message: 'Invariant broken: label closed encloses the branch to it'})
	code.block('other', () => {
		t.throws(() => code.i32(0).brIf(label!), {message: /label closed/})
		t.throws(() => code.i32(0).brTable([], label!), {message: /label closed/})
	})
})

test('a function ends with all of its blocks closed', (t) => {
	const code = new Code([])
	code.block('open', () => {
		t.throws(() => code.finish(), {message: 'Invariant broken: every block is closed at the end of a function'})
	})
	t.notThrows(() => code.finish())
})

test('parameters come before locals, and must exist', (t) => {
	const code = new Code(['i32', 'i64'])
	t.deepEqual(code.parameter(1), {index: 1, type: 'i64'})
	t.deepEqual(code.local('f64'), {index: 2, type: 'f64'})
	t.throws(() => code.parameter(2), {message: 'Invariant broken: the function has a parameter 2'})
})

test('a released local is used again, for its own type only', (t) => {
	const code = new Code([])
	const first = code.local('i32')
	code.release(first)
	t.is(code.local('i64').index, 1)
	t.is(code.local('i32'), first)
	t.is(code.local('i32').index, 2)
})

/** The results of a function with one i32 parameter for 0, 1, 2, …. */
async function results(emit: (code: Code) => void, count: number): Promise<number[]> {
	const module = new ModuleBuilder()
	module.function('run', {parameters: ['i32'], results: ['i32']}, emit, {exported: true})
	const {instance} = await WebAssembly.instantiate(module.toBytes())
	const {run} = instance.exports as {run(argument: number): number}
	return Array.from({length: count}, (_, argument) => run(argument))
}

test('a table of labels goes to the one that the index names, and elsewhere to the last', async (t) => {
	const emit = (code: Code): void => {
		code.block('two', (two) => {
			code.block('one', (one) => {
				code.block('zero', (zero) => {
					code.get(code.parameter(0)).brTable([zero, one], two)
				})
				code.i32(100).op('return')
			})
			code.i32(101).op('return')
		})
		code.i32(102)
	}
	t.deepEqual(await results(emit, 4), [100, 101, 102, 102])
})

test('if has a value, with and without an else', async (t) => {
	const emit = (code: Code): void => {
		const parameter = code.parameter(0)
		const extra = code.local('i32')
		code.get(parameter).if(undefined, () => code.i32(5).set(extra))
		code
			.get(parameter)
			.i32(1)
			.op('i32.gt_s')
			.if(
				'i32',
				() => code.get(extra),
				() => code.i32(-7),
			)
	}
	t.deepEqual(await results(emit, 3), [-7, -7, 5])
})
