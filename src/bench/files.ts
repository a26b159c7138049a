/** Files that the laboratory needs at run time: beside its bundle in dist/, or where the sources have them. */
import {fileURLToPath} from 'node:url'

/** Names in dist/, and paths from this file in src/. The bundles' names are those of scripts/build/bundles.ts. */
const files = {
	benchLinux: {built: 'bench-linux.elf', source: '../../test/guests/bin/bench-linux.elf'},
	benchBare: {built: 'bench-bare.elf', source: '../../test/guests/bin/bench-bare.elf'},
	scaleLinux: {built: 'scale-linux.elf', source: '../../test/guests/bin/scale-linux.elf'},
	scaleBare: {built: 'scale-bare.elf', source: '../../test/guests/bin/scale-bare.elf'},
	hartCore: {built: 'hart.wasm', source: '../../dist/hart.wasm'},
	/** The command itself: guests run in processes of their own. */
	manyhart: {built: 'manyhart.js', source: '../../dist/manyhart.js'},
	flushThread: {built: 'flush-thread.mjs', source: './flush/cost/flush-thread.ts'},
} as const

export function benchFile(name: keyof typeof files): URL {
	const {built, source} = files[name]
	return new URL(import.meta.url.endsWith('.ts') ? source : built, import.meta.url)
}

export const benchPath = (name: keyof typeof files): string => fileURLToPath(benchFile(name))
