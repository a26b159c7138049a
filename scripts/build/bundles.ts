/** The bundles: the command, the library, and one entry per kind of worker thread. */
import {copyFile, cp, mkdir, rm} from 'node:fs/promises'
import {type BuildOptions, build} from 'esbuild'
import {guestProgram} from '../../test/guests/guests.ts'
import {BuildError, fromRoot} from './project.ts'

/** Packages stay imports, which the user's installation resolves. */
const ofMainThread: BuildOptions = {packages: 'external'}
/** Files of their own, wherever they are copied: whole, and modules by their suffix. */
const ofWorker: BuildOptions = {outExtension: {'.js': '.mjs'}}
/** An older Node than the one we need must be able to read the file that says so. */
const forAnyNode: BuildOptions = {target: 'node18'}

/** Keeps the statements that break rules on purpose, and those that a turn may pass at: src/faults.ts, src/turns.ts. */
const withFaults: BuildOptions = {outdir: 'dist/faults', dropLabels: []}

const bundles: readonly BuildOptions[] = [
	{entryPoints: {manyhart: 'src/main/entry.ts'}, banner: {js: '#!/usr/bin/env node'}, ...forAnyNode},
	{entryPoints: {'command-line': 'src/main/cli.ts'}, ...ofMainThread},
	{entryPoints: {index: 'src/main/index.ts'}, ...ofMainThread, ...forAnyNode},
	{entryPoints: {bench: 'src/bench/laboratory.ts'}, ...ofMainThread},
	{entryPoints: {'vcpu-worker': 'src/vcpu-worker/worker.ts'}, ...ofWorker},
	{entryPoints: {helper: 'src/main/helper-thread.ts'}, ...ofWorker},
	{entryPoints: {'vcpu-worker': 'src/vcpu-worker/worker.ts'}, ...ofWorker, ...withFaults},
	{entryPoints: {helper: 'src/main/helper-thread.ts'}, ...ofWorker, ...withFaults},
	{entryPoints: {'rcu-stress-thread': 'src/stress/rcu-thread.ts'}, ...ofWorker, ...withFaults},
	{entryPoints: {stress: 'src/stress/index.ts'}, ...ofMainThread},
	{entryPoints: {'rcu-stress-thread': 'src/stress/rcu-thread.ts'}, ...ofWorker},
	{entryPoints: {'flush-thread': 'src/bench/flush/cost/flush-thread.ts'}, ...ofWorker},
]

/** Guest programs that the package has, and their folders. */
const guests = [
	['smp-demo.elf', 'guests'],
	['bench-linux.elf', 'test/guests/bin'],
	['bench-bare.elf', 'test/guests/bin'],
	['scale-bare.elf', 'test/guests/bin'],
	['scale-linux.elf', 'test/guests/bin'],
	['stress.elf', 'test/guests/bin'],
] as const

/** @returns what was done, in words. */
export async function buildBundles(): Promise<string> {
	await Promise.all(bundles.map(buildBundle))
	await mkdir(fromRoot('dist'), {recursive: true})
	for (const [name, folder] of guests) await copyFile(fromRoot(folder, name), fromRoot('dist', name))
	await copyScaleSources()
	return `${bundles.length} built`
}

/** What src/bench/scale/native.ts compiles for the user's host. */
async function copyScaleSources(): Promise<void> {
	const folder = fromRoot('dist/scale-sources')
	await rm(folder, {recursive: true, force: true})
	for (const name of guestProgram('scale-linux').sources)
		await cp(fromRoot('test/guests', name), `${folder}/${name}`, {recursive: true})
}

async function buildBundle(options: BuildOptions): Promise<void> {
	try {
		await build({
			absWorkingDir: fromRoot(),
			outdir: 'dist',
			bundle: true,
			platform: 'node',
			format: 'esm',
			target: 'node24',
			logLevel: 'silent',
			dropLabels: ['FAULT', 'POINT'],
			...options,
		})
	} catch (error) {
		throw new BuildError((error as Error).message)
	}
}
