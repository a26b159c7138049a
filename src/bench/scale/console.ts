/** What a guest's console says of the programs that it runs: marks around each, and its figure. */
import {keyOf, type Task} from './plan.ts'
import type {Run, Scaling} from './record.ts'
import {parseWorkloadResults} from './workloads.ts'

/** The full stop shows that all of the line is there. */
const mark = /^scale: (begin|end) (\S+) (strong|weak)(?: (\d+))?\.\r?$/
/** Our programs say where their warm-up has ended, and where what they measure has. */
const measuredMark = /^scale: measured part (begins|ends)\.\r?$/
/** What a program of ours says that its measured part has cost. */
const costLine = /^scale: cost (\d+) ns, (\d+) voluntary, (\d+) involuntary\.\r?$/m
/** Of a program of the user's, as bench --own prints it. */
const ownFigure = /^bench (\S+) (\d+) ns, check 0x([0-9a-f]+)\s*$/

/** For --stats-at. */
export const markSource = '^scale: (begin|end|measured part) '

export const beginMark = ({workload, scaling}: Task) => `scale: begin ${workload} ${scaling}.`
/** @param code of the program, or what stands for it. */
export const endMark = ({workload, scaling}: Task, code: string) => `scale: end ${workload} ${scaling} ${code}.`

export type Mark =
	| Readonly<{kind: 'begin' | 'end'; task: Task; code: number}>
	/** Of the task that has begun last. */
	| Readonly<{kind: 'measured part begins' | 'measured part ends'}>

export function parseMark(line: string): Mark | undefined {
	const [, of] = measuredMark.exec(line) ?? []
	if (of !== undefined) return {kind: of === 'begins' ? 'measured part begins' : 'measured part ends'}
	const [, kind, workload = '', scaling, code = '0'] = mark.exec(line) ?? []
	if (kind === undefined) return undefined
	return {kind: kind as 'begin' | 'end', task: {workload, scaling: scaling as Scaling}, code: Number(code)}
}

/** A figure, or why there is none. */
export type Figure = Pick<Run, 'operations' | 'seconds' | 'checksum' | 'error'>

export function parseFigure(line: string): Pick<Run, 'operations' | 'seconds' | 'checksum'> | undefined {
	const [result] = parseWorkloadResults(line)
	if (result) {
		const {operations, nanoseconds, checksum} = result
		return {operations, seconds: nanoseconds / 1e9, ...(checksum !== undefined && {checksum})}
	}
	const [, , ownNanoseconds, check] = ownFigure.exec(line) ?? []
	if (check === undefined) return undefined
	return {operations: 1, seconds: Number(ownNanoseconds) / 1e9, checksum: check}
}

export type ProgramCost = Readonly<{cpuSeconds: number; voluntary: number; involuntary: number}>

/** @returns what a program of ours says of itself, as its own kernel counts. */
export function parseCost(console: string): ProgramCost | undefined {
	const [, nanoseconds, voluntary, involuntary] = costLine.exec(console) ?? []
	if (nanoseconds === undefined) return undefined
	return {cpuSeconds: Number(nanoseconds) / 1e9, voluntary: Number(voluntary), involuntary: Number(involuntary)}
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
		} else if (at.kind === 'end') figures.set(keyOf(at.task), figureOf(at.code))
	}
	return figures

	function figureOf(code: number): Figure {
		if (ended.includes(code)) return {error: `did not end in ${timeoutSeconds} s`}
		const last = said.slice(-3).join(' | ').slice(-300)
		if (code !== 0) return {error: `ended with ${code}${last ? `: ${last}` : ''}`}
		return current ?? {error: `printed no figure${last ? `, but ${last}` : ''}`}
	}
}
