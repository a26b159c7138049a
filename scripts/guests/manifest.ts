/** The manifest: which sources and which compiler each guest binary was built from, by hash. */
import {createHash} from 'node:crypto'
import {readdir, readFile} from 'node:fs/promises'
import type {GuestProgram} from '../../test/guests/guests.ts'
import {fromRoot, readIfThere} from '../build/project.ts'

export type BuildDescription = Readonly<{
	/** Path from the project's folder to SHA-256. */
	sources: Readonly<Record<string, string>>
	/** SHA-256. */
	binary: string
}>
export type Manifest = Record<string, BuildDescription & Readonly<{compiler: string}>>

export const manifestPath = fromRoot('test/guests/manifest.json')

export async function readManifest(): Promise<Manifest> {
	return JSON.parse((await readIfThere(manifestPath)) ?? '{}') as Manifest
}

/** @returns the paths of what a program is built from, relative to the project, in a fixed order. */
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
