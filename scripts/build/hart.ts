/** dist/hart.wasm: the hart core, compiled from AssemblyScript. */
import {existsSync} from 'node:fs'
import {glob, readFile} from 'node:fs/promises'
import {offsetsSource} from './offsets.ts'
import {BuildError, fromRoot, hashOf, readIfThere, writeIfChanged, writeWhole} from './project.ts'
import {wasmSections} from './wasm-sections.ts'

const hartEntry = 'src/hart/core/index.ts'
const sourcePattern = 'src/{hart,tlb}/core/**/*.ts'
const output = fromRoot('dist/hart.wasm')
const fingerprintFile = fromRoot('build/hart/fingerprint')

/** The memory is imported and shared by all harts: each instance would write static data again, over live words. */
const flags = [
	'--runtime stub',
	'--importMemory',
	'--sharedMemory',
	'--initialMemory 1',
	'--maximumMemory 65536',
	'--enable threads,bulk-memory,sign-extension,mutable-globals,nontrapping-f2i',
	'-O3',
	'--noAssert',
	'--use abort=',
].flatMap((flag) => flag.split(' '))

/** Compiles only when sources, offsets, flags or the compiler changed. @returns what was done, in words. */
export async function buildHart(): Promise<string> {
	await writeIfChanged(fromRoot('build/hart/offsets.ts'), offsetsSource())
	if (!existsSync(fromRoot(hartEntry))) return `skipped, no ${hartEntry}`
	const fingerprint = await inputFingerprint()
	if ((await readIfThere(fingerprintFile)) === fingerprint && (await readIfThere(output)) !== undefined)
		return 'unchanged'
	const wasm = await compile()
	refuseStaticData(wasm)
	await writeWhole(output, wasm)
	await writeWhole(fingerprintFile, fingerprint)
	return `${wasm.length} bytes`
}

async function inputFingerprint(): Promise<string> {
	const sources = (await Array.fromAsync(glob(sourcePattern, {cwd: fromRoot()}))).sort()
	const compiler = JSON.parse(await readFile(fromRoot('node_modules/assemblyscript/package.json'), 'utf8'))
	const contents = await Promise.all(sources.map((path) => readFile(fromRoot(path))))
	return hashOf([compiler.version, ...flags, ...sources, ...contents, offsetsSource()])
}

async function compile(): Promise<Uint8Array> {
	// Loaded only when needed: the compiler alone takes longer to load than everything else that the build does.
	const {default: asc} = await import('assemblyscript/asc')
	let wasm: Uint8Array | undefined
	const {error, stderr} = await asc.main([hartEntry, '--outFile', 'hart.wasm', ...flags], {
		readFile: async (name, baseDir) => (await readIfThere(fromRoot(baseDir, name))) ?? null,
		writeFile: (name, contents) => {
			if (name === 'hart.wasm') wasm = contents as Uint8Array
		},
		listFiles: () => [],
	})
	if (error || !wasm) throw new BuildError(`${hartEntry} does not compile\n${stderr.toString() || error?.message}`)
	return wasm
}

function refuseStaticData(wasm: Uint8Array): void {
	const data = wasmSections(wasm).find(({name, count}) => name === 'data' && count > 0)
	if (!data) return
	throw new BuildError(
		`Expected ${hartEntry} to need no static data, since its memory is shared, got ${data.count} data segments: look for a string, an array literal or memory.data()`,
	)
}
