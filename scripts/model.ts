/**
 * Checks the model of grace periods, remote fences and sleeping vCPUs (scripts/model/grace-periods.pml) with Spin.
 *
 *     npm run model                          all scenes, and the mistakes, each of which must be refuted
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
import {type Check, mistakes, type Scene, scenes} from './model/scenes.ts'

type Row = Verdict & Readonly<{name: string; check: Check; isAsExpected: boolean}>

const scale = (name: string, check: string, states: string, seconds: string): string =>
	`${name.padEnd(46)} ${check.padEnd(9)} ${states.padStart(11)} ${seconds.padStart(6)}  `

const print = ({name, check, states, seconds, counterexample, isAsExpected}: Row) =>
	console.log(
		`${scale(name, check, states.toLocaleString('en'), seconds.toFixed(1))}${counterexample ?? 'holds'}${isAsExpected ? '' : '  WRONG'}`,
	)

async function checkScenes(wanted: readonly Scene[], onRow: (row: Row) => void): Promise<Row[]> {
	const rows: Row[] = []
	for (const scene of wanted) {
		for (const check of scene.checks) {
			const verdict = await checkScene(scene, check)
			rows.push({name: scene.name, check, ...verdict, isAsExpected: verdict.counterexample === null})
			onRow(rows.at(-1)!)
		}
	}
	return rows
}

async function checkMistakes(only: string, onRow: (row: Row) => void): Promise<Row[]> {
	const rows: Row[] = []
	for (const mistake of mistakes.filter(({name}) => name.includes(only))) {
		const verdict = await checkMistake(mistake)
		rows.push({name: mistake.name, check: mistake.check, ...verdict, isAsExpected: verdict.counterexample !== null})
		onRow(rows.at(-1)!)
	}
	return rows
}

async function printTrail(name: string): Promise<void> {
	const mistake = mistakes.find((each) => each.name === name)
	if (!mistake) throw new BuildError(`Expected --trail to be of ${mistakes.map((each) => each.name)}, got ${name}`)
	const {counterexample, trail} = await checkMistake(mistake, {withTrail: true})
	console.log(`${mistake.what}, in ${mistake.scene}: ${counterexample ?? 'not refuted'}`)
	// The claim's own steps say nothing.
	for (const line of trail?.split('\n') ?? []) if (!/never|\(everything_ends\)|^ltl|^MSC/i.test(line)) console.log(line)
}

try {
	const {values} = parseArgs({
		options: {
			only: {type: 'string', default: ''},
			long: {type: 'boolean', default: false},
			trail: {type: 'string'},
			json: {type: 'boolean', default: false},
		},
	})
	if (values.trail !== undefined) await printTrail(values.trail)
	else {
		const onRow = values.json ? () => {} : print
		if (!values.json) console.log(`${scale('', '', 'states', 's')}verdict`)
		const wanted: readonly Scene[] = scenes
		const checked = await checkScenes(
			wanted.filter(({name, isLong}) => name.includes(values.only) && (values.long || !isLong)),
			onRow,
		)
		const refuted = await checkMistakes(values.only, onRow)
		const rows = [...checked, ...refuted]
		const failures = rows.filter(({isAsExpected}) => !isAsExpected).map(({name, check}) => `${name}: ${check}`)
		const states = checked.reduce((sum, row) => sum + row.states, 0)
		if (values.json) console.log(JSON.stringify({states, scenes: checked, mistakes: refuted, failures}, null, '\t'))
		else {
			const caught = refuted.filter(({isAsExpected}) => isAsExpected).length
			console.log(`model: ${states.toLocaleString('en')} states, ${caught} of ${refuted.length} mistakes refuted`)
		}
		if (rows.length === 0) throw new BuildError(`Expected --only to be part of a name, got ${values.only}`)
		if (failures.length > 0) throw new BuildError(`Expected other verdicts of ${failures.join('; ')}`)
	}
} catch (error) {
	if (error instanceof ToolMissing) {
		console.error(`model: ${error.message}`)
		process.exitCode = 2
	} else reportFailure('model', error)
}
