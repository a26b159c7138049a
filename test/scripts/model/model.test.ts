/** The model of grace periods, by Spin where that is installed: the smaller scenes, and what refutes mistakes. `npm run model` checks all. */
import {readFile} from 'node:fs/promises'
import test, {type ExecutionContext} from 'ava'
import {fromRoot} from '../../../scripts/build/project.ts'
import {checkMistake, checkScene, readVerdict, ToolMissing} from '../../../scripts/model/check-model.ts'
import {formerFaults, mistakes, type Scene, scenes} from '../../../scripts/model/scenes.ts'

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

const small: readonly Scene[] = scenes.filter(({name}) =>
	['two fences', 'two interrupts, both vCPUs in wfi', 'one grace period of another thread'].includes(name),
)

for (const scene of small) {
	for (const check of scene.checks) {
		test.serial(`the model holds: ${scene.name}, ${check}`, async (t) => {
			t.timeout(600_000)
			await withSpin(t, async () => {
				const {counterexample, states} = await checkScene(scene, check)
				t.is(counterexample, null)
				t.log(`${states} states`)
			})
		})
	}
}

for (const fault of formerFaults) {
	test.serial(`the model of the code as it was is refuted: ${fault.what}`, async (t) => {
		t.timeout(600_000)
		await withSpin(t, async () => t.not((await checkMistake(fault)).counterexample, null))
	})
}

test.serial('the model without a hand-over is refuted', async (t) => {
	t.timeout(600_000)
	const mistake = mistakes.find(({name}) => name === 'NobodyHandsOver')!
	await withSpin(t, async () => t.is((await checkMistake(mistake)).counterexample, 'acceptance cycle'))
})

test('every mistake stands in the model, and the model has no others', async (t) => {
	const model = await readFile(fromRoot('scripts/model/grace-periods.pml'), 'utf8')
	const names = new Set([...model.matchAll(/^#ifn?def ([A-Z]+[a-z]\w*)$/gm)].map(([, name]) => name))
	t.deepEqual([...names].sort(), mistakes.map(({name}) => name).sort())
})

test('a search that was cut short is no verdict', (t) => {
	const figures =
		'State-vector 88 byte, depth reached 9, errors: 0\n  12 states, stored\n  34 transitions (= stored+matched)\n'
	t.like(readVerdict(figures, 1), {counterexample: null, states: 12, transitions: 34})
	t.throws(() => readVerdict(`error: max search depth too small\n${figures}`, 1), {message: /^Expected a verdict/})
	t.throws(() => readVerdict('pan: out of memory\n', 1), {message: /^Expected a verdict/})
})
