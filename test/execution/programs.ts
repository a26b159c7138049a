/** Straight-line random programs: each instruction works on the state after the last, across pages and known slots. */
import test from 'ava'
import {binary32, binary64} from '../../src/isa/oracle/float-value.ts'
import {type Random, specialFloats} from '../hart/core/float-operands.ts'
import {code, pages} from '../interpreter/guest-map.ts'
import {describe, Pair, wfi} from '../interpreter/pair.ts'
import {randomFor, seed} from '../interpreter/seed.ts'
import {drawStraight} from './draw-straight.ts'
import {type Engine, on} from './engine.ts'

const programs = 300
const instructionsEach = 40
/** Registers that hold addresses; no instruction writes them. */
const bases = [2, 8, 9]
/** Writes a program from gva on, with a wfi at its end. @returns its words. */
function putProgram(pair: Pair, random: Random, gva: bigint): number[] {
	const words: number[] = []
	const end = BigInt(4 * instructionsEach)
	let at = 0n
	while (at < end) {
		const word = drawStraight(random, {bases, kept: bases, jump: Number(end - at)})
		if (word === undefined || ((word & 3) === 3 && at === end - 2n)) continue
		pair.put(gva + at, word)
		words.push(word)
		at += (word & 3) === 3 ? 4n : 2n
	}
	pair.put(gva + end, wfi)
	return words
}

export function testPrograms(engine: Engine): void {
	test(`random programs end as the evaluator says, the first time and again${on(engine)}`, (t) => {
		t.log(`seed ${seed}`)
		const random = randomFor('programs')
		const pair = new Pair(engine)
		const floats = [...specialFloats(binary64), ...specialFloats(binary32).map((bits) => bits | 0xffff_ffff_0000_0000n)]
		for (let round = 0; round < programs; round++) {
			pair.randomize(random)
			for (let index = 0; index < 32; index++) pair.setF(index, random.pick(floats))
			for (const base of bases) pair.setX(base, random.pick(pages.slice(0, 2)).gva + BigInt(random.below(512) * 8))
			pair.setFloat({fs: random.below(20) ? 2 : 0, frm: random.below(5), fflags: 0})
			const gva = code.gva + BigInt(random.below(4) * 0x1000 + 0xf00 + random.below(128) * 2)
			const words = putProgram(pair, random, gva)
			// A slice ends where its budget is used up, which must not show.
			pair.slice = random.pick([1000, 1000, 1, 2, 3, 7])
			const difference = pair.run(gva) || pair.run(gva)
			if (difference) {
				t.log(words.map(describe).join('\n'))
				return t.fail(`program ${round} at ${gva.toString(16)}, INTERPRETER_SEED=${seed}: ${difference}`)
			}
		}
		const retired = pair.hart.get('instret')
		t.log(`${pair.runs} cases`)
		t.true(retired > 10n * BigInt(programs), `${retired} instructions`)
	})
}
