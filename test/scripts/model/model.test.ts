/**
 * The models, by Spin where that is installed: the smaller scenes, and what refutes some of the mistakes. `npm run model` checks
 * all.
 */
import {readFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {checkMistake, checkScene, readVerdict, sourceOf, ToolMissing} from '../../../scripts/model/check-model.ts'
import {gracePeriods} from '../../../scripts/model/grace-periods.ts'
import {type Mistake, type Model, mistakesOf} from '../../../scripts/model/model.ts'
import {models} from '../../../scripts/model/models.ts'
import {translations} from '../../../scripts/model/translations.ts'

/** Says why there is no verdict; where tests must be complete (CI), that is a failure. */
async function withSpin(t: ExecutionContext, check: () => Promise<unknown>): Promise<void> {
	try {
		await check()
	} catch (error) {
		if (!(error instanceof ToolMissing)) throw error
		if (process.env.CI === 'true') t.fail(error.message)
		else t.pass()
		t.log(`skipped: ${error.message}`)
	}
}

/** @returns the text of a model's file, and of those that it includes. */
async function withIncludes(file: string): Promise<string> {
	const text = await readFile(file, 'utf8')
	const included = [...text.matchAll(/^#include "(.+)"$/gm)].map(([, name]) => withIncludes(join(dirname(file), name!)))
	return [text, ...(await Promise.all(included))].join('\n')
}

/** Of each model: scenes that take some seconds, and mutants. */
const searched: readonly Readonly<{model: Model; scenes: readonly string[]; mutants: readonly Mistake[]}>[] = [
	{
		model: gracePeriods,
		scenes: ['two fences', 'two interrupts, both vCPUs in wfi', 'one grace period of another thread'],
		mutants: gracePeriods.mutants.filter(({name}) => name === 'NobodyHandsOver'),
	},
	{
		model: translations,
		scenes: [
			'tables are swapped',
			'tables begin generations and keep last pages, by two threads',
			'generations and posted pages, of a hart that sleeps',
			'others clear tables',
			'pages are posted to a hart that sleeps',
			'spaces and generations',
		],
		mutants: translations.mutants,
	},
]

for (const {model, scenes, mutants} of searched) {
	for (const scene of model.scenes.filter(({name, isLong}) => scenes.includes(name) && !isLong)) {
		for (const check of scene.checks) {
			test.serial(`the model of ${model.name} holds: ${scene.name}, ${check}`, async (t) => {
				t.timeout(600_000)
				await withSpin(t, async () => {
					const {counterexample, states} = await checkScene(model, scene, check)
					t.is(counterexample, null)
					t.log(`${states} states`)
				})
			})
		}
	}
	for (const mistake of [...model.formerFaults, ...mutants]) {
		test.serial(`the model of ${model.name} is refuted where ${mistake.what}`, async (t) => {
			t.timeout(600_000)
			await withSpin(t, async () => t.not((await checkMistake(model, mistake)).counterexample, null))
		})
	}
}

for (const model of models) {
	test(`every mistake stands in the model of ${model.name}, and the model has no others`, async (t) => {
		const source = await withIncludes(sourceOf(model))
		const names = new Set(
			[...source.matchAll(/^#ifn?def ([A-Z]+[a-z]\w*)$|\bdefined\(([A-Z]+[a-z]\w*)\)/gm)].map(
				([, name, other]) => name ?? other,
			),
		)
		t.deepEqual(
			[...names].sort(),
			mistakesOf(model)
				.map(({name}) => name)
				.sort(),
		)
	})
}

test('a search that was cut short is no verdict', (t) => {
	const figures =
		'State-vector 88 byte, depth reached 9, errors: 0\n  12 states, stored\n  34 transitions (= stored+matched)\n'
	t.like(readVerdict(figures, 1), {counterexample: null, states: 12, transitions: 34})
	t.throws(() => readVerdict(`error: max search depth too small\n${figures}`, 1), {message: /^Expected a verdict/})
	t.throws(() => readVerdict('pan: out of memory\n', 1), {message: /^Expected a verdict/})
})
