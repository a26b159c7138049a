/**
 * Fences and ordered atomics, beside the same program without them in one machine: while that is seen reordered, they
 * must not be.
 */
import {availableParallelism} from 'node:os'
import test from 'ava'
import type {TranslationOptions} from '../../src/main/index.ts'
import {margin, patience} from '../support/patience.ts'
import {testMachines} from '../support/translation.ts'
import {readRow} from './program.ts'
import {judge, runPrograms} from './run.ts'
import {rows} from './table.ts'

const programs = rows.map(readRow)
const named = (name: string) => programs.find((program) => program.name === name)!
const control = named('SB: sd po ld | sd po ld')
const ordered = [
	'SB: sd fence(rw,rw) ld | sd fence(rw,rw) ld',
	'SB: sd fence(w,r) ld | sd fence(w,r) ld',
	'SB: sd po lr.aqrl | sd po lr.aqrl',
	'SB: amoswap.aq po ld | amoswap.aq po ld',
].map(named)

/** Milliseconds after which once does: a loaded host may run no two harts at once for a while. */
const usualMs = 60_000
/** By then, an ordered program with the control's chances would have been seen reordered. */
const enoughRelaxed = 30

const passesNoFence = test.macro(async (t, translation: TranslationOptions) => {
	t.timeout(patience + 2 * margin)
	if (availableParallelism() < 2) return void t.log('one core: nothing is reordered')
	const began = Date.now()
	const seed = (began % 1_000_000) + 1
	let relaxed = 0
	let attempts = 0
	const lasted = () => Date.now() - began
	const isEnough = () => relaxed >= enoughRelaxed || (lasted() > usualMs && relaxed > 0)
	while (!isEnough() && lasted() < patience) {
		const all = [control, ...ordered]
		const histograms = await runPrograms(all, {iterations: 50_000, seconds: 3, seed: seed + attempts, translation})
		attempts++
		relaxed += judge(control, histograms[0]!).relaxed
		const wrong = all.filter((program, index) => judge(program, histograms[index]!).wrong.length > 0)
		t.deepEqual(
			wrong.map(({name}) => name),
			[],
			`seed ${seed}`,
		)
		if (wrong.length > 0) return
	}
	t.log(`seed ${seed}: ${relaxed} times without a fence, never with one; ${attempts} runs`)
	t.true(relaxed > 0)
})

// How pages are looked up makes no difference here.
for (const {on, translation} of testMachines.slice(0, 2)) {
	test.serial(`stores that pass later loads without a fence do not pass them with one${on}`, passesNoFence, translation)
}
