import {availableParallelism} from 'node:os'
import test from 'ava'
import {longPatience, margin, patience} from '../support/patience.ts'
import {testMachines} from '../support/translation.ts'
import {sequentialOutcomes, shownByTotalStoreOrder, verdictByRules} from './memory-model.ts'
import {withMutation} from './mutation.ts'
import {describeOutcome, type Program, readRow} from './program.ts'
import {type Histogram, judge, runPrograms} from './run.ts'
import {rows} from './table.ts'

const programs = rows.map(readRow)
const iterations = 50_000
/** For each program, on a loaded host. */
const seconds = 0.2
const seed = (Date.now() % 1_000_000) + 1
const storeBuffering = programs.filter(({name}) => name.startsWith('SB: '))
const named = (name: string) => storeBuffering.find((program) => program.name === name)!

function describe(program: Program, histogram: Histogram): string {
	const lines = [...histogram].map(([outcome, count]) => `${describeOutcome(program, outcome)}: ${count}`)
	return `${program.name}, seed ${seed}: ${lines.join(', ')}`
}

test('every verdict of the table is what the rules of preserved program order say', (t) => {
	for (const program of programs) t.is(verdictByRules(program), program.verdict, program.name)
})

test('no target outcome is sequentially consistent', (t) => {
	for (const program of programs) t.false(sequentialOutcomes(program).has(program.target), program.name)
})

test('no program is in the table twice', (t) => {
	t.is(new Set(programs.map(({name}) => name)).size, programs.length)
})

const cases = [2, 3, 4].flatMap((harts) => testMachines.map((machine) => ({harts, ...machine})))

for (const {harts, on, translation, isMain} of cases) {
	test.serial(`no litmus program on ${harts} harts has an outcome that RVWMO forbids${on}`, async (t) => {
		t.timeout(longPatience)
		const those = programs.filter((program) => program.harts.length === harts)
		const effort = isMain ? {iterations, seconds} : {iterations: iterations / 5, seconds: seconds / 4}
		const histograms = await runPrograms(those, {...effort, seed, translation})
		const wrong = those.filter((program, index) => judge(program, histograms[index]!).wrong.length > 0)
		t.deepEqual(
			wrong.map((program) => describe(program, histograms[those.indexOf(program)]!)),
			[],
		)
		const relaxed = those.filter((program, index) => judge(program, histograms[index]!).relaxed > 0)
		const counts = histograms.map((histogram) => [...histogram.values()].reduce((sum, count) => sum + count, 0))
		t.log(
			`seed ${seed}: ${those.length} programs, ${Math.min(...counts)} to ${Math.max(...counts)} iterations, relaxed outcomes in ${relaxed.length}`,
		)
		// Whether such an outcome occurs depends on the host. It may occur only where it is allowed.
		for (const program of relaxed) t.is(program.verdict, 'allowed', program.name)
	})
}

test.serial(
	'store buffering shows itself once its fences are taken out of the program, and once the interpreter has none',
	async (t) => {
		if (availableParallelism() < 2) return void t.log('one core: nothing is reordered')
		t.timeout(2 * patience + margin)
		const fenced = named('SB: sd fence(rw,rw) ld | sd fence(rw,rw) ld')
		const bare = named('SB: sd po ld | sd po ld')
		if (process.arch === 'x64') t.true(shownByTotalStoreOrder(bare))
		const caught = async (program: Program) => {
			// A loaded host may run no two harts at once for a while.
			const began = performance.now()
			for (let attempt = 1; performance.now() - began < patience; attempt++) {
				const [histogram] = await runPrograms([program], {
					iterations: 100_000,
					seconds: 4,
					seed: seed + attempt,
					// The mutation is in the interpreter.
					translation: {accel: 'interp'},
				})
				const {relaxed} = judge(program, histogram!)
				if (relaxed > 0) return {relaxed, attempt, histogram: histogram!}
			}
			return undefined
		}
		const withoutFence = await caught(bare)
		t.truthy(withoutFence, 'the program without fences')
		const mutated = await withMutation('no fences', () => caught(fenced))
		t.truthy(mutated, 'the interpreter without fences')
		t.deepEqual(judge(fenced, mutated!.histogram).wrong, [fenced.target])
		t.log(`seed ${seed}: ${withoutFence!.relaxed} and ${mutated!.relaxed} of 100000`)
	},
)
