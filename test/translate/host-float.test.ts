/** Floating point on the host gives the hart core's results and flags, and ordinary operands do take the fast path. */
import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import test from 'ava'
import {fromRoot} from '../../scripts/build/project.ts'
import {type FusedMultiplyAdd, provesFusedMultiplyAdd} from '../../src/translate/fused-multiply-add.ts'
import {hasHostFloat} from '../../src/translate/host-float.ts'
import {Random} from '../hart/core/float-operands.ts'
import {signatures} from '../hart/core/softfloat.ts'
import {edges, modelled, randomly} from './host-float-cases.ts'
import {build, compareAll, type Mode, operandDoubles, operandSingles} from './host-float-module.ts'

const seed = Number(process.env.HOST_FLOAT_SEED ?? Math.floor(Math.random() * 2 ** 32))
/** For each of about 110 ways to compute. */
const randomCases = Number(process.env.HOST_FLOAT_CASES ?? 20_000)
const modelledCases = 200

const relaxed = provesFusedMultiplyAdd()

/** The rm fields and ways to fuse with which an operation is tested. */
function* ways(name: string): Generator<{mode: Mode; fused: FusedMultiplyAdd}> {
	const modes: Mode[] = signatures.get(name)!.rounds ? ['dynamic', 0, 1, 2, 3, 4] : ['dynamic']
	for (const mode of modes) {
		yield {mode, fused: 'exact'}
		if (name.endsWith('fma') && relaxed) yield {mode, fused: 'relaxed'}
	}
}

test('this host fuses, or not', (t) => {
	t.log(relaxed ? 'relaxed_madd is fused' : 'relaxed_madd is not fused: only the exact way is tested')
	t.is(provesFusedMultiplyAdd(), relaxed)
})

const onX64 = process.arch === 'x64' ? test : test.skip
onX64('a host without FMA3 does not fuse', async (t) => {
	const path = fromRoot('src/translate/fused-multiply-add.ts')
	const program = `import(${JSON.stringify(path)}).then((module) => console.log(module.provesFusedMultiplyAdd()))`
	const {stdout} = await promisify(execFile)(process.execPath, ['--no-enable-fma3', '--eval', program])
	t.is(stdout.trim(), 'false')
})

for (const name of signatures.keys()) {
	for (const {mode, fused} of ways(name)) {
		const fast = hasHostFloat(name, mode)
		// Where the hart core computes anyway, one mode is enough.
		if (!fast && mode !== 4) continue
		const title = `${name}, rounding mode ${mode}${name.endsWith('fma') ? `, ${fused}` : ''}`
		test(`${title}: ${fast ? 'the host agrees with the hart core' : 'the hart core computes it'}`, (t) => {
			t.log(`seed ${seed}`)
			const comparison = build(name, mode, fused)
			const random = new Random(seed)
			let [cases, slowCases] = [0, 0]
			for (const batches of [edges(name), modelled(name, random, modelledCases), randomly(name, random, randomCases)]) {
				for (const count of batches) {
					const rm = mode === 'dynamic' ? 0 : mode
					const {difference, slow} = compareAll(name, comparison, {count, fast: 1, rm})
					cases += count
					slowCases += slow
					if (difference) return t.fail(difference)
				}
			}
			t.log(`${cases} cases, ${slowCases} of them slow`)
			t.is(slowCases < cases, fast)
		})
	}

	test(`${name}: the hart core rounds otherwise than to nearest, and raises the first NX`, (t) => {
		const comparison = build(name, 'dynamic', 'exact')
		const {rounds} = signatures.get(name)!
		const random = new Random(seed)
		for (const count of randomly(name, random, 1000)) {
			for (const rm of rounds ? [0, 1, 2, 3, 4] : [0]) {
				const {difference, slow} = compareAll(name, comparison, {count, fast: 0, rm})
				t.is(difference, undefined)
				if (rounds) t.is(slow, count)
			}
		}
	})
}

for (const name of signatures.keys()) {
	if (!hasHostFloat(name, 'dynamic')) continue
	for (const {mode, fused} of ways(name)) {
		if (!hasHostFloat(name, mode)) continue
		test(`${name}, rounding mode ${mode}${name.endsWith('fma') ? `, ${fused}` : ''}: ordinary operands take the fast path`, (t) => {
			const {operands} = signatures.get(name)!
			const random = new Random(seed)
			const count = 1000
			for (let row = 0; row < count; row++) {
				for (const [column, type] of operands.entries()) {
					// Above 1, to suit unsigned integers and roots, too.
					const value = 1 + random.word() / 1000
					operandDoubles[4 * row + column] = value
					if (type === 'f32') operandSingles[2 * (4 * row + column)] = value
				}
			}
			const {difference, slow} = compareAll(name, build(name, mode, fused), {
				count,
				fast: 1,
				rm: mode === 'dynamic' ? 0 : mode,
			})
			t.is(difference, undefined)
			t.is(slow, 0)
		})
	}
}
