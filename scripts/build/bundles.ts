/** The bundles: the command, the library, and one entry per kind of worker thread. */
import {copyFile, glob, mkdir, readFile, rm} from 'node:fs/promises'
import {sep} from 'node:path'
import {type BuildOptions, build} from 'esbuild'
import {guestProgram} from '../../test/guests/guests.ts'
import {sourcesOf} from '../guests/manifest.ts'
import {BuildError, fromRoot, writeWhole} from './project.ts'

/** Packages stay imports, which the user's installation resolves. */
const ofMainThread: BuildOptions = {packages: 'external'}
/**
 * Files of their own, wherever they are copied: whole, and modules by their suffix. Each thread keeps the text: it is without
 * comments, and ASCII, of which V8 takes a byte for a character.
 */
const ofWorker: BuildOptions = {outExtension: {'.js': '.mjs'}, minifyWhitespace: true, lineLimit: 120, charset: 'ascii'}
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
	{entryPoints: {'synchronous-translator': 'src/translate/synchronous-translator.ts'}, ...ofWorker},
	{entryPoints: {helper: 'src/main/helper-thread.ts'}, ...ofWorker},
	{entryPoints: {'io-worker': 'src/io/worker.ts'}, ...ofWorker},
	{entryPoints: {'vcpu-worker': 'src/vcpu-worker/worker.ts'}, ...ofWorker, ...withFaults},
	{entryPoints: {'synchronous-translator': 'src/translate/synchronous-translator.ts'}, ...ofWorker, ...withFaults},
	{entryPoints: {helper: 'src/main/helper-thread.ts'}, ...ofWorker, ...withFaults},
	{entryPoints: {'io-worker': 'src/io/worker.ts'}, ...ofWorker, ...withFaults},
	{entryPoints: {'rcu-stress-thread': 'src/stress/rcu-thread.ts'}, ...ofWorker, ...withFaults},
	{entryPoints: {stress: 'src/stress/index.ts'}, ...ofMainThread},
	{entryPoints: {'rcu-stress-thread': 'src/stress/rcu-thread.ts'}, ...ofWorker},
	{entryPoints: {campaign: 'src/campaign/index.ts'}, ...ofMainThread},
	{entryPoints: {'campaign-thread': 'src/campaign/thread.ts'}, ...ofMainThread},
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
	['agent.elf', 'test/guests/bin'],
] as const

/** @returns what was done, in words. */
export async function buildBundles(): Promise<string> {
	await Promise.all(bundles.map(buildBundle))
	await mkdir(fromRoot('dist'), {recursive: true})
	for (const [name, folder] of guests) await copyFile(fromRoot(folder, name), fromRoot('dist', name))
	await copyScaleSources()
	return `${bundles.length} built`
}

/** What src/bench/scale/native.ts compiles for the user's host, and nothing that was there before. Others may build meanwhile. */
async function copyScaleSources(): Promise<void> {
	const sources = (await sourcesOf(guestProgram('scale-linux'))).map((path) => path.replace('test/guests/', ''))
	for (const path of sources)
		await writeWhole(fromRoot('dist/scale-sources', path), await readFile(fromRoot('test/guests', path)))
	for await (const path of glob('*/*.{c,h}', {cwd: fromRoot('dist/scale-sources')}))
		if (!sources.includes(path.replaceAll(sep, '/'))) await rm(fromRoot('dist/scale-sources', path), {force: true})
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
