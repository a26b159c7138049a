/** The user's cache folder, for fetched guests. */
import {homedir} from 'node:os'
import {isAbsolute, join} from 'node:path'
import {environmentVariables} from '../environment.ts'

/** @returns $XDG_CACHE_HOME/manyhart or ~/.cache/manyhart. XDG Base Directory Specification: ignores relative paths. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
	const base = environment[environmentVariables.cache.name]
	return join(base && isAbsolute(base) ? base : join(homedir(), '.cache'), 'manyhart')
}

/** Where the command line keeps what runs have translated. */
export const translationsFolder = (): string => join(cacheFolder(), 'translations')
