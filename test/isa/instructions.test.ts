/** The instruction list itself: what must hold of every row. */
import test from 'ava'
import {slotFields} from '../../src/interpreter/slot-encoding.ts'
import type {Effect, Instruction} from '../../src/isa/index.ts'
import {
	compressedInstructions,
	expressionsOf,
	instructionNamed,
	instructions,
	parsePattern,
} from '../../src/isa/index.ts'

const accessOps: ReadonlySet<string> = new Set(['load', 'loadReserved', 'storeConditional', 'amo', 'csr'])
const accessesOf = (effect: Effect): number =>
	expressionsOf(effect).filter(({op}) => accessOps.has(op)).length +
	(effect.effect === 'store' || effect.effect === 'zeroBlock' ? 1 : 0)

const violations = (holds: (row: Instruction) => boolean): string[] =>
	instructions.filter((row) => !holds(row)).map(({name}) => name)

test('every row has a name of its own', (t) => {
	const names = [...instructions, ...compressedInstructions].map(({name}) => name)
	t.deepEqual(
		names.filter((name, index) => names.indexOf(name) !== index),
		[],
	)
})

test('patterns of the base list cover 32 bits, those of compressed rows 16', (t) => {
	t.deepEqual(
		violations(({pattern}) => parsePattern(pattern).length === 4),
		[],
	)
	t.true(compressedInstructions.every(({pattern}) => parsePattern(pattern).length === 2))
})

test('no two patterns overlap, save where a row says that it specializes another', (t) => {
	const overlaps: string[] = []
	for (const [index, first] of instructions.entries()) {
		const a = parsePattern(first.pattern)
		for (const second of instructions.slice(index + 1)) {
			const b = parsePattern(second.pattern)
			const meet = ((a.match ^ b.match) & a.mask & b.mask) === 0
			if (meet && second.specializes !== first.name) overlaps.push(`${first.name} ${second.name}`)
		}
	}
	t.deepEqual(overlaps, [])
})

test('a specializing row lies wholly within the row that it names', (t) => {
	for (const {name, pattern, specializes} of instructions) {
		if (!specializes) continue
		const inner = parsePattern(pattern)
		const outer = parsePattern(instructionNamed(specializes).pattern)
		t.is(inner.mask & outer.mask, outer.mask, name)
		t.is(inner.match & outer.mask, outer.match, name)
	}
})

test('no parcel matches two compressed rows', (t) => {
	const patterns = compressedInstructions.map(({name, pattern}) => ({name, pattern: parsePattern(pattern)}))
	for (let parcel = 0; parcel < 0x1_0000; parcel++) {
		const matching = patterns.filter(({pattern}) => pattern.matches(parcel))
		if (matching.length > 1) t.fail(`${parcel.toString(16)} matches ${matching.map(({name}) => name)}`)
	}
	t.pass()
})

test('a compressed row gives its base instruction operands that it has, and each register once', (t) => {
	for (const {name, pattern, base, fixed} of compressedInstructions) {
		const {has} = parsePattern(pattern)
		const baseHas = parsePattern(instructionNamed(base).pattern).has
		for (const operand of [...has, ...Object.keys(fixed)]) t.true(baseHas.has(operand as 'rd'), `${name} ${operand}`)
		for (const operand of Object.keys(fixed)) t.false(has.has(operand as 'rd'), `${name} ${operand}`)
	}
})

test('an instruction makes at most one access that can fault, and before every write', (t) => {
	t.deepEqual(
		violations(({effects}) => {
			const accesses = effects.map(accessesOf)
			return accesses.reduce((sum, count) => sum + count, 0) <= 1 && accesses.slice(1).every((count) => count === 0)
		}),
		[],
	)
})

test('an instruction writes at most one register', (t) => {
	const writes = (effect: Effect) => effect.effect === 'writeX' || effect.effect === 'writeF'
	t.deepEqual(
		violations(({effects}) => effects.filter(writes).length <= 1),
		[],
	)
})

test('every operand that a tree refers to is in the pattern, and has its place in the slot', (t) => {
	t.deepEqual(
		violations((row) => {
			const {has} = parsePattern(row.pattern)
			const places = slotFields(row)
			const needed = row.effects.flatMap((effect) => [
				...(effect.effect === 'branch' || effect.effect === 'jump' ? ['imm'] : []),
				...('field' in effect ? [effect.field] : []),
				...expressionsOf(effect).flatMap((e) => {
					if (e.op === 'x' || e.op === 'f' || e.op === 'registerNumber') return [e.field]
					if (e.op === 'imm') return ['imm']
					if (e.op === 'csr') return ['csr']
					return e.op === 'roundingMode' ? ['rm'] : []
				}),
			])
			return needed.every((operand) => has.has(operand as 'rd') && operand in places)
		}),
		[],
	)
})

test('registers are written whole: values of writeX and writeF are 64 bits wide', (t) => {
	t.deepEqual(
		violations(({effects}) =>
			effects.every(
				(effect) => (effect.effect !== 'writeX' && effect.effect !== 'writeF') || effect.value.type === 'i64',
			),
		),
		[],
	)
})

test('whatever touches a floating-point register needs mstatus.FS', (t) => {
	t.deepEqual(
		violations(({effects, floatingPoint}) => {
			const touches = effects.some(
				(effect) => effect.effect === 'writeF' || expressionsOf(effect).some(({op}) => op === 'f' || op === 'call'),
			)
			return touches === (floatingPoint ?? false)
		}),
		[],
	)
})
