/** dist/hart.wasm: the hart core, compiled from AssemblyScript; and dist/faults/hart.wasm, which can break rules (src/faults.ts). */
import {existsSync} from 'node:fs'
import {glob, readFile} from 'node:fs/promises'
import {offsetsSource} from './offsets.ts'
import {BuildError, fromRoot, hashOf, readIfThere, writeIfChanged, writeWhole} from './project.ts'
import {wasmSections} from './wasm-sections.ts'

const hartEntry = 'src/hart/core/index.ts'
const sourcePattern = 'src/{hart,tlb}/core/**/*.ts'
const outputs = [
	{path: fromRoot('dist/hart.wasm'), faults: false},
	{path: fromRoot('dist/faults/hart.wasm'), faults: true},
]
const offsetsFile = 'build/hart/offsets.ts'
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
	await writeIfChanged(fromRoot(offsetsFile), offsetsSource())
	if (!existsSync(fromRoot(hartEntry))) return `skipped, no ${hartEntry}`
	const fingerprint = await inputFingerprint()
	const areThere = outputs.every(({path}) => existsSync(path))
	if (areThere && (await readIfThere(fingerprintFile)) === fingerprint) return 'unchanged'
	const sizes: number[] = []
	for (const {path, faults} of outputs) {
		const wasm = await compile(faults)
		refuseStaticData(wasm)
		await writeWhole(path, wasm)
		sizes.push(wasm.length)
	}
	await writeWhole(fingerprintFile, fingerprint)
	return `${sizes[0]} bytes`
}

async function inputFingerprint(): Promise<string> {
	const sources = (await Array.fromAsync(glob(sourcePattern, {cwd: fromRoot()}))).sort()
	const compiler = JSON.parse(await readFile(fromRoot('node_modules/assemblyscript/package.json'), 'utf8'))
	const contents = await Promise.all(sources.map((path) => readFile(fromRoot(path))))
	return hashOf([compiler.version, ...flags, ...sources, ...contents, offsetsSource()])
}

async function compile(faults: boolean): Promise<Uint8Array> {
	// Loaded only when needed: the compiler alone takes longer to load than everything else that the build does.
	const {default: asc} = await import('assemblyscript/asc')
	let wasm: Uint8Array | undefined
	const {error, stderr} = await asc.main([hartEntry, '--outFile', 'hart.wasm', ...flags], {
		readFile: async (name, baseDir) => {
			const path = fromRoot(baseDir, name)
			if (faults && path === fromRoot(offsetsFile)) return offsetsSource(true)
			return (await readIfThere(path)) ?? null
		},
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
