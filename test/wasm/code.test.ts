/** Function bodies: LEB128, labels, locals. */
import test from 'ava'
import {
	ByteWriter,
	Code,
	type Label,
	ModuleBuilder,
	type PlainOpcode,
	plainOpcodes,
	type ValueType,
} from '../../src/wasm/index.ts'

for (const [value, bytes] of [
	[0, [0]],
	[1, [1]],
	[127, [0x7f]],
	[128, [0x80, 1]],
	[624_485, [0xe5, 0x8e, 0x26]],
	[2 ** 31, [0x80, 0x80, 0x80, 0x80, 8]],
	[2 ** 32 - 1, [0xff, 0xff, 0xff, 0xff, 0x0f]],
] as const) {
	test(`unsigned LEB128 of ${value}`, (t) => t.deepEqual([...new ByteWriter().unsigned(value).bytes], [...bytes]))
}

for (const [value, bytes] of [
	[0n, [0]],
	[63n, [0x3f]],
	[64n, [0xc0, 0]],
	[-1n, [0x7f]],
	[-64n, [0x40]],
	[-65n, [0xbf, 0x7f]],
	[127n, [0xff, 0]],
	[(1n << 31n) - 1n, [0xff, 0xff, 0xff, 0xff, 7]],
	[-(1n << 31n), [0x80, 0x80, 0x80, 0x80, 0x78]],
	[1n << 31n, [0x80, 0x80, 0x80, 0x80, 8]],
	[-123_456n, [0xc0, 0xbb, 0x78]],
	[(1n << 63n) - 1n, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0]],
	[-(1n << 63n), [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f]],
] as const) {
	test(`signed LEB128 of ${value}`, (t) => {
		t.deepEqual([...new ByteWriter().signed64(value).bytes], [...bytes])
		if (BigInt.asIntN(32, value) === value) t.deepEqual([...new ByteWriter().signed32(Number(value)).bytes], [...bytes])
	})
}

test('a writer grows', (t) => {
	const writer = new ByteWriter(1)
	for (let value = 0; value < 1000; value++) writer.byte(value & 0xff)
	writer.append(new Uint8Array(100_000).fill(7)).name('é')
	t.is(writer.length, 101_003)
	t.deepEqual([...writer.bytes.subarray(998, 1002)], [998 & 0xff, 999 & 0xff, 7, 7])
	t.deepEqual([...writer.bytes.subarray(-3)], [2, 0xc3, 0xa9])
})

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

const written = (code: Code): number[] => {
	const section = new ByteWriter()
	code.writeTo(section)
	return [...section.bytes]
}

test('a function ends with all of its blocks closed', (t) => {
	const code = new Code([])
	code.block('open', () => {
		t.throws(() => written(code), {message: 'Invariant broken: every block is closed at the end of a function'})
	})
	t.notThrows(() => written(code))
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

test('neighbouring locals of one type are declared together', (t) => {
	const code = new Code(['i32'])
	for (const type of ['i64', 'i64', 'f32', 'i64'] as const) code.local(type)
	t.deepEqual(written(code), [3, 2, 0x7e, 1, 0x7d, 1, 0x7e, 0x0b])
})

test('a named local is a new one', (t) => {
	const code = new Code(['i32'])
	code.release(code.local('i64'))
	t.is(code.parameter(0, 'block').index, 0)
	t.is(code.local('i64', 'a0').index, 2)
	t.deepEqual(code.localNames(), [
		[0, 'block'],
		[2, 'a0'],
	])
})

test('indirect calls need the types of a module', (t) => {
	t.throws(() => new Code([]).callIndirect({parameters: [], results: []}), {
		message: 'Invariant broken: indirect calls are emitted into a module, which has types',
	})
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

test('a block has a value that a branch out of it brings along', async (t) => {
	const emit = (code: Code): void => {
		code.block(
			'chosen',
			(chosen) => {
				code.i32(10).get(code.parameter(0)).brIf(chosen).op('drop').i32(20)
			},
			'i32',
		)
	}
	t.deepEqual(await results(emit, 2), [20, 10])
})

test('floating-point constants are themselves', async (t) => {
	const emit = (code: Code): void => {
		code.get(code.parameter(0)).if(
			'i32',
			() => code.f64(-0.1).op('i64.reinterpret_f64').i64(32n).op('i64.shr_u', 'i32.wrap_i64'),
			() => code.f32(-0).op('i32.reinterpret_f32'),
		)
	}
	t.deepEqual(await results(emit, 2), [-0x8000_0000, 0xbfb9_9999 | 0])
})

/** Operand and result types of an opcode, from its name: `result.operation_operand`, else two operands of one type. */
function typesOf(opcode: string): {parameters: ValueType[]; result: ValueType} {
	const [type, operation] = opcode.split(/\.(.*)/) as [ValueType | 'f32x4' | 'f64x2', string]
	const scalar = {f32x4: 'f32', f64x2: 'f64'} as const
	if (type in scalar) {
		const lane = scalar[type as keyof typeof scalar]
		if (operation === 'splat') return {parameters: [lane], result: 'v128'}
		if (operation.startsWith('extract')) return {parameters: ['v128'], result: lane}
		return {parameters: ['v128', 'v128', 'v128'], result: 'v128'}
	}
	const from = /_([if](?:32|64))(?:_[su])?$/.exec(operation)?.[1] as ValueType | undefined
	if (from) return {parameters: [from], result: type as ValueType}
	if (/^(abs|neg|ceil|floor|trunc|nearest|sqrt|clz|ctz|popcnt|eqz|extend.*)$/.test(operation))
		return {parameters: [type as ValueType], result: operation === 'eqz' ? 'i32' : (type as ValueType)}
	const compares = /^(eq|ne|lt|gt|le|ge)(_[su])?$/.test(operation)
	return {parameters: [type as ValueType, type as ValueType], result: compares ? 'i32' : (type as ValueType)}
}

for (const opcode of Object.keys(plainOpcodes) as PlainOpcode[]) {
	if (!/^[if](32|64)/.test(opcode)) continue
	test(`${opcode} has the types that its name tells`, (t) => {
		const {parameters, result} = typesOf(opcode)
		const module = new ModuleBuilder()
		module.function('run', {parameters, results: [result]}, (code) => {
			for (const index of parameters.keys()) code.get(code.parameter(index))
			code.op(opcode)
		})
		t.true(WebAssembly.validate(module.toBytes()))
	})
}

for (const [opcode, expected] of [
	['f64.add', 7.5],
	['f64.sub', 3.5],
	['f64.mul', 11],
	['f64.div', 2.75],
	['f64.min', 2],
	['f64.max', 5.5],
	['f64.copysign', 5.5],
	['f64.lt', 0],
	['f64.gt', 1],
	['f64.le', 0],
	['f64.ge', 1],
	['f64.eq', 0],
	['f64.ne', 1],
	['f64.neg', -2],
	['f64.abs', 2],
	['f64.sqrt', Math.SQRT2],
	['i32.trunc_sat_f64_s', 2],
	['f64.promote_f32', 2],
] as const) {
	test(`${opcode} computes what its name says, in either format`, async (t) => {
		for (const format of ['f64', 'f32'] as const) {
			const name = opcode.replaceAll('f64', format) as PlainOpcode
			if (!(name in plainOpcodes)) continue
			const {parameters, result} = typesOf(name)
			const module = new ModuleBuilder()
			const emit = (code: Code) => {
				for (const index of parameters.keys()) code.get(code.parameter(parameters.length === 1 ? 1 : index))
				code.op(name)
			}
			const types = typesOf(name).parameters[0]!
			module.function('run', {parameters: [types, types], results: [result]}, emit, {exported: true})
			const {instance} = await WebAssembly.instantiate(module.toBytes())
			const {run} = instance.exports as {run(a: number, b: number): number}
			t.is(run(5.5, 2), format === 'f32' ? Math.fround(expected) : expected)
		}
	})
}
