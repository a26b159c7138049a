/** Random programs here and under QEMU; and every mismatch that was ever found, against its recorded outcome. */
import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import test from 'ava'
import type {TranslationOptions} from '../../src/main/index.ts'
import {testMachines} from '../support/translation.ts'
import {readCases} from './case-file.ts'
import {compareOutcomes, findMismatches} from './compare.ts'
import {Coverage} from './coverage.ts'
import {compareWithOracle} from './float-cases.ts'
import {generate} from './generate.ts'
import {makeImage} from './image.ts'
import {describeMismatch} from './report.ts'
import {asRecords, runHere} from './run.ts'

const programsPerBoot = 300
/** On machines that translate each program before it runs. */
const translatedPerBoot = 100
const secondsOfComparison = 20
/** Programs; a row occurs in about one of thirty. */
const enoughForEveryRow = 1500
const seed = Number(process.env.DIFFERENTIAL_SEED ?? Math.floor(Math.random() * 2 ** 32))

const hasQemu = promisify(execFile)('qemu-system-riscv64', ['--version']).then(
	() => true,
	() => false,
)

test('random programs end here as they end under QEMU', async (t) => {
	if (!(await hasQemu)) {
		t.log('qemu-system-riscv64 is not installed: nothing was compared')
		return process.env.CI ? t.fail('CI must have qemu-system-riscv64') : t.pass()
	}
	t.log(`seed ${seed}`)
	const end = performance.now() + secondsOfComparison * 1000
	const coverage = new Coverage()
	let programs = 0
	let round = 0
	while (performance.now() < end || programs < enoughForEveryRow) {
		const {on, translation, isMain} = testMachines[round++ % testMachines.length]!
		const batch = generate(seed, programs, isMain ? programsPerBoot : translatedPerBoot)
		coverage.add(batch)
		programs += batch.length
		for (const mismatch of await findMismatches(batch, translation)) t.fail(`${describeMismatch(mismatch)}${on}`)
	}
	t.log(`${programs} programs`)
	t.deepEqual(coverage.missing, [])
})

const endAsRecorded = test.macro(async (t, translation: TranslationOptions) => {
	for (const [name, {about, program, expected}] of await readCases()) {
		// Alone in its image: addresses depend on its place.
		const {outcomes, problem} = asRecords(
			await runHere(makeImage([program], {output: 'records'}), {timeoutSeconds: 120, translation}),
		)
		t.is(problem, undefined, name)
		t.deepEqual(compareOutcomes(outcomes[0]?.dwords ?? [], expected), [], `${name}: ${about}`)
	}
})

for (const {on, translation} of testMachines) test(`recorded programs end as recorded${on}`, endAsRecorded, translation)

test('floating point agrees with the oracle in a hundred thousand cases', (t) => {
	t.log(`seed ${seed}`)
	t.deepEqual(compareWithOracle(seed, 100_000).slice(0, 5), [])
})
