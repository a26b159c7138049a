/** The bundles: one entry per kind of thread, and the library. Packages are not bundled. */
import {existsSync} from 'node:fs'
import {build} from 'esbuild'
import {BuildError, fromRoot} from './project.ts'

type Bundle = Readonly<{output: string; entry: string; banner?: string}>

const bundles: readonly Bundle[] = [
	{output: 'manyhart', entry: 'src/main/cli.ts', banner: '#!/usr/bin/env node'},
	{output: 'index', entry: 'src/main/index.ts'},
	{output: 'vcpu-worker', entry: 'src/vcpu-worker/worker.ts'},
	{output: 'helper', entry: 'src/main/helper.ts'},
]

/** @returns what was done, in words. */
export async function buildBundles(): Promise<string> {
	const present = bundles.filter(({entry}) => existsSync(fromRoot(entry)))
	await Promise.all(present.map(buildBundle))
	const missing = bundles.filter((bundle) => !present.includes(bundle)).map(({entry}) => entry)
	return `${present.length} built${missing.length > 0 ? `; skipped, since there is no ${missing.join(', ')}` : ''}`
}

async function buildBundle({output, entry, banner}: Bundle): Promise<void> {
	try {
		await build({
			absWorkingDir: fromRoot(),
			entryPoints: {[output]: entry},
			outdir: 'dist',
			bundle: true,
			platform: 'node',
			format: 'esm',
			target: 'node24',
			packages: 'external',
			sourcemap: true,
			logLevel: 'silent',
			...(banner ? {banner: {js: banner}} : {}),
		})
	} catch (error) {
		throw new BuildError((error as Error).message)
	}
}
