/** Measures one area. */
import {avaFigures} from '../build/ava-figures.ts'
import {fromRoot} from '../build/project.ts'
import {runCommand} from '../build/run-command.ts'
import {type AreaMeasure, sumOf} from './areas.ts'
import type {Measured} from './record.ts'

/** A busy machine takes several times as long as an idle one. */
const limitSeconds = 2400

export async function measure(area: AreaMeasure): Promise<Measured> {
	const began = performance.now()
	const isTests = 'files' in area
	const [program, args, shown] = isTests
		? ([fromRoot('node_modules/.bin/ava'), area.files, ['npx ava', ...area.files]] as const)
		: ([process.execPath, area.command, ['npx node', ...area.command]] as const)
	const {output, code, timedOut} = await runCommand(program, args, {cwd: fromRoot(), seconds: limitSeconds})
	const seconds = Math.round((performance.now() - began) / 100) / 10
	const common = {command: shown.join(' '), seconds, date: new Date().toISOString().slice(0, 10)}
	if (!isTests) {
		if (timedOut) throw new Error(`Expected ${common.command} to end in ${limitSeconds} s`)
		const {cases, failures} = area.read(output)
		// A command that fails without a failed case has measured nothing.
		if (cases === 0 || (code !== 0 && failures === 0))
			throw new Error(`Expected figures from ${common.command}\n${output}`)
		return {...common, cases, failures}
	}
	const {passed, failed, skipped} = avaFigures(output, timedOut ? 1 : code)
	const cases = area.logged ? sumOf(output, area.logged) : passed + failed
	if (cases === 0) throw new Error(`Expected ${area.name} to log its cases\n${output}`)
	return {...common, cases, failures: failed, tests: {passed, skipped}}
}
