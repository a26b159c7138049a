/** Checks that the guest binaries match their sources. */
import {readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type GuestProgram, guestPrograms} from '../../test/guests/guests.ts'
import {fromRoot} from '../build/project.ts'
import {compileGuest, compilerVersion} from './compile.ts'
import {describeBuild, type Manifest, readManifest} from './manifest.ts'

export type CheckResult = Readonly<{
	/** One line each. */
	faults: readonly string[]
	/** How many binaries were rebuilt and compared byte for byte. */
	rebuilt: number
}>

/** Compares hashes everywhere; rebuilds where the compiler is the one that the manifest names. */
export async function checkGuests(): Promise<CheckResult> {
	const manifest = await readManifest()
	const faults: string[] = []
	let rebuilt = 0
	for (const program of guestPrograms) {
		faults.push(...(await hashFaults(program, manifest)))
		if (manifest[program.name]?.compiler !== (await compilerVersion(program))) continue
		rebuilt++
		if (!(await rebuildsToTheSame(program))) faults.push(`${program.binary} is not what its sources compile to`)
	}
	const unknown = Object.keys(manifest).filter((name) => !guestPrograms.some((program) => program.name === name))
	faults.push(...unknown.map((name) => `manifest.json names ${name}, which does not exist`))
	return {faults, rebuilt}
}

async function hashFaults(program: GuestProgram, manifest: Manifest): Promise<string[]> {
	const recorded = manifest[program.name]
	if (!recorded) return [`${program.name} is not in manifest.json`]
	const now = await describeBuild(program)
	const paths = new Set([...Object.keys(recorded.sources), ...Object.keys(now.sources)])
	const changed = [...paths].filter((path) => recorded.sources[path] !== now.sources[path])
	return [
		...changed.map((path) => `${path} is not what ${program.binary} was built from`),
		...(recorded.binary === now.binary ? [] : [`${program.binary} is not the binary that manifest.json names`]),
	]
}

async function rebuildsToTheSame(program: GuestProgram): Promise<boolean> {
	const output = join(tmpdir(), `manyhart-${process.pid}-${program.name}.elf`)
	try {
		await compileGuest(program, output)
		return (await readFile(output)).equals(await readFile(fromRoot(program.binary)))
	} finally {
		await rm(output, {force: true})
	}
}
