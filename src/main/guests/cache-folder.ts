/** Where fetched guests lie: the user's cache folder. */
import {homedir} from 'node:os'
import {isAbsolute, join} from 'node:path'

/** @returns $XDG_CACHE_HOME/manyhart, or ~/.cache/manyhart. XDG Base Directory Specification: relative paths are ignored. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
	const {XDG_CACHE_HOME: base} = environment
	return join(base && isAbsolute(base) ? base : join(homedir(), '.cache'), 'manyhart')
}
