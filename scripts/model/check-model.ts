/** Checks a model with Spin: a verifier is generated and compiled for each check, in a temporary folder. */
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {basename, join} from 'node:path'
import {fromRoot} from '../build/project.ts'
import {type Ended, runCommand} from '../build/run-command.ts'
import type {Check, Mistake, Model, Scene} from './model.ts'

export const sourceOf = ({name}: Model): string => fromRoot(`scripts/model/${name}.pml`)

/** spin or a C compiler is not installed. */
export class ToolMissing extends Error {
	override readonly name = 'ToolMissing'
}

export type Verdict = Readonly<{
	/** What the counterexample shows; null where everything was searched, and nothing found. */
	counterexample: string | null
	/** Distinct states. */
	states: number
	transitions: number
	/** All three steps. */
	seconds: number
	/** The counterexample's steps, if they were asked for. */
	trail?: string
}>

/** Megabytes. */
const memoryLimit = 3000
const limitSeconds = 1800
/** Steps; the longest path has some 4,000. */
const depth = 50_000

const compilerArguments: Readonly<Record<Check, readonly string[]>> = {
	safety: ['-DSAFETY', '-DNOCLAIM'],
	liveness: ['-DNFAIR=3'],
}
const verifierArguments: Readonly<Record<Check, readonly string[]>> = {
	safety: [],
	// Acceptance cycles, with weak fairness.
	liveness: ['-a', '-f'],
}

/** @throws ToolMissing where spin or gcc is not installed. */
export async function checkScene(model: Model, scene: Scene, check: Check): Promise<Verdict> {
	return await verify({model, scene, check, mistake: undefined, withTrail: false})
}

/** @throws ToolMissing where spin or gcc is not installed. */
export async function checkMistake(model: Model, mistake: Mistake, {withTrail = false} = {}): Promise<Verdict> {
	const scene = model.scenes.find(({name}) => name === mistake.scene)!
	return await verify({model, scene, check: mistake.check, mistake: mistake.name, withTrail})
}

async function verify({
	model,
	scene,
	check,
	mistake,
	withTrail,
}: Readonly<{
	model: Model
	scene: Scene
	check: Check
	mistake: string | undefined
	withTrail: boolean
}>): Promise<Verdict> {
	const modelFile = sourceOf(model)
	const began = performance.now()
	const cwd = await mkdtemp(join(tmpdir(), 'manyhart-model-'))
	try {
		const macros = Object.entries(scene.parameters).map(([name, value]) => `-D${name}=${value}`)
		if (mistake) macros.push(`-D${mistake}`)
		await runTool('spin', ['-a', ...macros, modelFile], cwd)
		// A counterexample is found before better code would pay for its compilation.
		const optimization = mistake ? '-O0' : '-O2'
		const limits = [`-DMEMLIM=${memoryLimit}`, ...compilerArguments[check]]
		await runTool('gcc', [optimization, ...limits, '-o', 'verifier', 'pan.c'], cwd)
		const {output} = await runTool('./verifier', [`-m${depth}`, ...verifierArguments[check]], cwd)
		const verdict = readVerdict(output, (performance.now() - began) / 1000)
		if (!withTrail || verdict.counterexample === null) return verdict
		const {output: trail} = await runTool(
			'spin',
			['-k', `${basename(modelFile)}.trail`, '-p', ...macros, modelFile],
			cwd,
		)
		return {...verdict, trail}
	} finally {
		await rm(cwd, {recursive: true, force: true})
	}
}

async function runTool(command: string, args: readonly string[], cwd: string): Promise<Ended> {
	const ended = await runCommand(command, args, {cwd, seconds: limitSeconds}).catch((error) => {
		if (error.code !== 'ENOENT') throw error
		throw new ToolMissing(`Expected ${command} to be installed: Debian's packages are spin, gcc and libc6-dev`)
	})
	if (ended.timedOut) throw new Error(`Expected ${command} to end in ${limitSeconds} s`)
	if (ended.code !== 0) throw new Error(`Expected ${command} ${args.join(' ')} to succeed\n${ended.output}`)
	return ended
}

/** @param output the verifier's. */
export function readVerdict(output: string, seconds: number): Verdict {
	const figure = (pattern: RegExp) => Number(pattern.exec(output)?.[1] ?? Number.NaN)
	const errors = figure(/errors: (\d+)/)
	const states = figure(/^\s*(\d+(?:\.\d+e\+\d+)?) states, stored/m)
	const transitions = figure(/^\s*(\d+(?:\.\d+e\+\d+)?) transitions/m)
	const [, found] = /^pan:\d+: (.*?) \(at depth \d+\)$/m.exec(output) ?? []
	const isWhole = errors === 0 && !/Search not completed|max search depth too small|out of memory/.test(output)
	// A verifier that has not searched everything, and found nothing, says nothing.
	if (Number.isNaN(states) || (!isWhole && found === undefined)) throw new Error(`Expected a verdict\n${output}`)
	return {counterexample: found ?? null, states, transitions, seconds: Math.round(seconds * 10) / 10}
}
