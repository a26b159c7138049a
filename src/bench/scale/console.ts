/** What a guest's console says of the programs that it runs: marks around each, and its figure. */
import type {Task} from './plan.ts'
import type {Run, Scaling} from './record.ts'
import {parseWorkloadResults} from './workloads.ts'

/** The full stop shows that all of the line is there. */
const mark = /^scale: (begin|end) (\S+) (strong|weak)(?: (\d+))?\.\r?$/
/** Of a program of the user's, as bench --own prints it. */
const ownFigure = /^bench (\S+) (\d+) ns, check 0x([0-9a-f]+)\s*$/

/** For --stats-at. */
export const markSource = '^scale: (begin|end) '

export const beginMark = ({workload, scaling}: Task) => `scale: begin ${workload} ${scaling}.`
/** @param code of the program, or what stands for it. */
export const endMark = ({workload, scaling}: Task, code: string) => `scale: end ${workload} ${scaling} ${code}.`

export type Mark = Readonly<{kind: 'begin' | 'end'; task: Task; code: number}>

export function parseMark(line: string): Mark | undefined {
	const [, kind, workload = '', scaling, code = '0'] = mark.exec(line) ?? []
	if (kind === undefined) return undefined
	return {kind: kind as Mark['kind'], task: {workload, scaling: scaling as Scaling}, code: Number(code)}
}

export const keyOf = ({workload, scaling}: Task) => `${workload} ${scaling}`

/** A figure, or why there is none. */
export type Figure = Pick<Run, 'operations' | 'seconds' | 'checksum' | 'error'>

export function parseFigure(line: string): Required<Pick<Run, 'operations' | 'seconds' | 'checksum'>> | undefined {
	const [result] = parseWorkloadResults(line)
	if (result?.checksum !== undefined) {
		const {operations, nanoseconds, checksum} = result
		return {operations, seconds: nanoseconds / 1e9, checksum}
	}
	const [, , ownNanoseconds, check] = ownFigure.exec(line) ?? []
	if (check === undefined) return undefined
	return {operations: 1, seconds: Number(ownNanoseconds) / 1e9, checksum: check}
}

/** Exit codes of a program that `timeout` has ended. */
const ended = [124, 137, 143]

/** @returns by keyOf(), the tasks that have ended. */
export function parseConsole(console: string, timeoutSeconds: number): ReadonlyMap<string, Figure> {
	const figures = new Map<string, Figure>()
	let current: Figure | undefined
	let said: string[] = []
	for (const line of console.split('\n')) {
		const at = parseMark(line)
		if (!at) {
			current = parseFigure(line) ?? current
			if (line.trim() !== '') said.push(line.trim())
		} else if (at.kind === 'begin') {
			current = undefined
			said = []
		} else figures.set(keyOf(at.task), figureOf(at.code))
	}
	return figures

	function figureOf(code: number): Figure {
		if (ended.includes(code)) return {error: `did not end in ${timeoutSeconds} s`}
		const last = said.slice(-3).join(' | ').slice(-300)
		if (code !== 0) return {error: `ended with ${code}${last ? `: ${last}` : ''}`}
		return current ?? {error: `printed no figure${last ? `, but ${last}` : ''}`}
	}
}
