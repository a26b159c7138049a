/**
 * Checks the models with Spin: grace periods, remote fences and sleeping vCPUs (scripts/model/grace-periods.pml); tables of
 * translations and their flushes (scripts/model/translations.pml).
 *
 *     npm run model                          all scenes, and the mistakes, each of which must be refuted
 *     npm run model -- --model NAME          of one model: grace-periods, translations
 *     npm run model -- --only TEXT           those whose name has TEXT in it
 *     npm run model -- --long                the large scenes as well: minutes
 *     npm run model -- --trail MISTAKE       the steps of its counterexample
 *     npm run model -- --json                figures for scripts and the conformance record
 *
 * Exit code 1 when a scene has a counterexample or a mistake has none, 2 when spin or gcc is missing.
 */
import {parseArgs} from 'node:util'
import {BuildError, reportFailure} from './build/project.ts'
import {checkMistake, checkScene, ToolMissing, type Verdict} from './model/check-model.ts'
import {type Check, type Mistake, type Model, mistakesOf, type Scene} from './model/model.ts'
import {models} from './model/models.ts'

type Row = Verdict & Readonly<{name: string; check: Check; isAsExpected: boolean}>

const scale = (name: string, check: string, states: string, seconds: string): string =>
	`${name.padEnd(52)} ${check.padEnd(9)} ${states.padStart(11)} ${seconds.padStart(6)}  `

const print = ({name, check, states, seconds, counterexample, isAsExpected}: Row) =>
	console.log(
		`${scale(name, check, states.toLocaleString('en'), seconds.toFixed(1))}${counterexample ?? 'holds'}${isAsExpected ? '' : '  WRONG'}`,
	)

/** Whether a scene or a mistake is checked. */
type Wanted = (what: Scene | Mistake) => boolean

async function checkScenes(model: Model, isWanted: Wanted, onRow: (row: Row) => void): Promise<Row[]> {
	const rows: Row[] = []
	for (const scene of model.scenes.filter(isWanted)) {
		for (const check of scene.checks) {
			const verdict = await checkScene(model, scene, check)
			rows.push({name: scene.name, check, ...verdict, isAsExpected: verdict.counterexample === null})
			onRow(rows.at(-1)!)
		}
	}
	return rows
}

async function checkMistakes(model: Model, isWanted: Wanted, onRow: (row: Row) => void): Promise<Row[]> {
	const rows: Row[] = []
	for (const mistake of mistakesOf(model).filter(isWanted)) {
		const verdict = await checkMistake(model, mistake)
		rows.push({name: mistake.name, check: mistake.check, ...verdict, isAsExpected: verdict.counterexample !== null})
		onRow(rows.at(-1)!)
	}
	return rows
}

async function printTrail(of: readonly Model[], name: string): Promise<void> {
	const all = of.flatMap((model) => mistakesOf(model).map((mistake) => ({model, mistake})))
	const found = all.find(({mistake}) => mistake.name === name)
	if (!found) throw new BuildError(`Expected --trail to be of ${all.map(({mistake}) => mistake.name)}, got ${name}`)
	const {model, mistake} = found
	const {counterexample, trail} = await checkMistake(model, mistake, {withTrail: true})
	console.log(`${mistake.what}, in ${mistake.scene}: ${counterexample ?? 'not refuted'}`)
	// The claim's own steps say nothing.
	for (const line of trail?.split('\n') ?? []) if (!/never|\(\w+_end(s)?\)|^ltl|^MSC/i.test(line)) console.log(line)
}

try {
	const {values} = parseArgs({
		options: {
			model: {type: 'string', default: ''},
			only: {type: 'string', default: ''},
			long: {type: 'boolean', default: false},
			trail: {type: 'string'},
			json: {type: 'boolean', default: false},
		},
	})
	const searched = models.filter(({name}) => values.model === '' || values.model === name)
	if (values.trail !== undefined) await printTrail(searched, values.trail)
	else {
		const onRow = values.json ? () => {} : print
		if (!values.json) console.log(`${scale('', '', 'states', 's')}verdict`)
		const isWanted: Wanted = (what) =>
			what.name.includes(values.only) && (values.long || !('isLong' in what && what.isLong))
		const [checked, refuted]: [Row[], Row[]] = [[], []]
		for (const model of searched) {
			checked.push(...(await checkScenes(model, isWanted, onRow)))
			refuted.push(...(await checkMistakes(model, isWanted, onRow)))
		}
		const rows = [...checked, ...refuted]
		const failures = rows.filter(({isAsExpected}) => !isAsExpected).map(({name, check}) => `${name}: ${check}`)
		const states = checked.reduce((sum, row) => sum + row.states, 0)
		if (values.json) console.log(JSON.stringify({states, scenes: checked, mistakes: refuted, failures}, null, '\t'))
		else {
			const caught = refuted.filter(({isAsExpected}) => isAsExpected).length
			console.log(`model: ${states.toLocaleString('en')} states, ${caught} of ${refuted.length} mistakes refuted`)
		}
		if (rows.length === 0)
			throw new BuildError(
				`Expected --only to be part of a name, got ${values.only}, and --model one of ${models.map(({name}) => name)}`,
			)
		if (failures.length > 0) throw new BuildError(`Expected other verdicts of ${failures.join('; ')}`)
	}
} catch (error) {
	if (error instanceof ToolMissing) {
		console.error(`model: ${error.message}`)
		process.exitCode = 2
	} else reportFailure('model', error)
}
