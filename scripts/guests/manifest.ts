/** The manifest: hashes of the sources that each guest binary was built from, and the compiler. */
import {createHash} from 'node:crypto'
import {readdir, readFile} from 'node:fs/promises'
import type {GuestProgram} from '../../test/guests/guests.ts'
import {fromRoot, readIfThere} from '../build/project.ts'

export type BuildDescription = Readonly<{
	/** SHA-256 by path from the project's root. */
	sources: Readonly<Record<string, string>>
	/** SHA-256. */
	binary: string
}>
export type Manifest = Record<string, BuildDescription & Readonly<{compiler: string}>>

export const manifestPath = fromRoot('test/guests/manifest.json')

export async function readManifest(): Promise<Manifest> {
	return JSON.parse((await readIfThere(manifestPath)) ?? '{}') as Manifest
}

/** @returns the paths of a program's sources, relative to the project's root, in a fixed order. */
export async function sourcesOf({sources}: GuestProgram): Promise<string[]> {
	const folders = sources.map((name) => `test/guests/${name}`)
	const lists = await Promise.all(
		folders.map(async (folder) => (await readdir(fromRoot(folder))).map((file) => `${folder}/${file}`)),
	)
	return lists
		.flat()
		.filter((path) => /\.([chS]|ld)$/.test(path))
		.sort()
}

export async function describeBuild(program: GuestProgram): Promise<BuildDescription> {
	const paths = await sourcesOf(program)
	const hashes = await Promise.all(paths.map(async (path) => [path, await fileHash(path)] as const))
	return {sources: Object.fromEntries(hashes), binary: await fileHash(program.binary)}
}

export async function fileHash(path: string): Promise<string> {
	return createHash('sha256')
		.update(await readFile(fromRoot(path)))
		.digest('hex')
}
