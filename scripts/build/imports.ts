/** The rules for imports within src/, and their breaches. */
import {glob} from 'node:fs/promises'
import {dirname, join, relative} from 'node:path/posix'
import {fromRoot} from './project.ts'

/** What each folder stands on: it may import these, and what these may import. */
const standsOn: Readonly<Record<string, readonly string[]>> = {
	memory: [],
	isa: [],
	wasm: [],
	'9p': [],
	rcu: ['memory'],
	serial: ['memory'],
	net: [],
	tlb: ['rcu'],
	board: ['memory'],
	disk: [],
	agent: [],
	io: ['board', 'disk', '9p', 'net'],
	hart: ['tlb'],
	trace: ['hart'],
	codegen: ['isa', 'wasm', 'hart'],
	interpreter: ['codegen'],
	translate: ['interpreter'],
	sbi: ['hart'],
	'vcpu-worker': ['translate', 'sbi', 'board', 'serial', 'trace'],
	main: ['vcpu-worker', 'io', 'agent'],
	bench: ['main'],
	stress: ['bench'],
	campaign: ['stress'],
}
/** What those above a folder may import beside its index.ts. */
const doors: Readonly<Record<string, readonly string[]>> = {
	main: [
		'boot/index.ts',
		'guests/index.ts',
		'command-line/campaign-library.ts',
		'command-line/laboratory.ts',
		'command-line/stress-library.ts',
		'environment.ts',
		'machine.ts',
		'system-error.ts',
	],
	// One run and its record, without what reports need.
	bench: [
		'console-run.ts',
		'files.ts',
		'host.ts',
		'markdown.ts',
		'progress.ts',
		'record-file.ts',
		'scale/checksums.ts',
		'scale/one-run.ts',
		'scale/record.ts',
		'scale/workloads.ts',
	],
	stress: ['live-line.ts'],
}
/** Outside of all folders: any file may import them. */
const common: readonly string[] = ['src/errors.ts', 'src/exit-codes.ts', 'src/faults.ts', 'src/pace.ts', 'src/turns.ts']
/** AssemblyScript, compiled into one module. What each of its folders may import beside itself and the generated offsets. */
const coreFolders: Readonly<Record<string, readonly string[]>> = {
	'src/hart/core/': ['src/tlb/core/'],
	'src/tlb/core/': [],
}
const coreOffsets = 'build/hart/offsets'

export type SourceFile = Readonly<{path: string; text: string}>
export type ImportBreach = Readonly<{path: string; line: number; specifier: string; rule: string}>

export async function sourceFiles(): Promise<string[]> {
	return (await Array.fromAsync(glob('src/**/*.ts', {cwd: fromRoot()}))).sort()
}

/** `import … from '…'`, `export … from '…'`, `import '…'`, `import('…')`, types included. */
const importPattern = /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])(\.{1,2}\/[^'"\n]*|\.{1,2})\1/g

type Import = Readonly<{specifier: string; line: number; target: string}>

/** @returns the relative imports of a file; their targets are relative to the project's root. */
function importsOf({path, text}: SourceFile): Import[] {
	return Array.from(text.matchAll(importPattern), (match) => {
		const specifier = match[2]!
		const line = text.slice(0, match.index + match[0].indexOf(specifier)).split('\n').length
		return {specifier, line, target: join(dirname(path), specifier)}
	})
}

/** @param file its path is relative to the project's root. */
export function importBreaches(file: SourceFile): ImportBreach[] {
	return importsOf(file).flatMap(({specifier, line, target}) => {
		const rule = brokenRule(file.path, target)
		return rule ? [{path: file.path, line, specifier, rule}] : []
	})
}

/** @returns circles of imports, one per back edge: each as its files in order, the first again at the end. */
export function importCircles(files: readonly SourceFile[]): string[][] {
	const known = new Set(files.map(({path}) => path))
	const targets = new Map(
		files.map((file) => [
			file.path,
			// The hart core's imports have no suffix.
			importsOf(file).flatMap(({target}) => [target, `${target}.ts`].filter((path) => known.has(path))),
		]),
	)
	const circles: string[][] = []
	const finished = new Set<string>()
	const open: string[] = []
	const visit = (path: string): void => {
		if (finished.has(path)) return
		const start = open.indexOf(path)
		if (start >= 0) {
			circles.push([...open.slice(start), path])
			return
		}
		open.push(path)
		for (const target of targets.get(path) ?? []) visit(target)
		open.pop()
		finished.add(path)
	}
	for (const {path} of files) visit(path)
	return circles
}

/** @returns the rule that the import of `target` breaks, or undefined. Both paths are relative to the root. */
function brokenRule(importer: string, target: string): string | undefined {
	const core = coreFolderOf(importer)
	if (core !== undefined) {
		const allowed = [core, ...coreFolders[core]!]
		if (allowed.includes(coreFolderOf(target) ?? '') || target === coreOffsets) return
		return `${core} imports only ${[...allowed, coreOffsets].join(', ')}`
	}
	if (coreFolderOf(target) !== undefined) return 'the hart core is compiled to Wasm: its sources cannot be imported'
	if (common.includes(target)) return
	if (target === 'package.json' && importer.startsWith('src/main/')) return
	if (!target.startsWith('src/')) return 'src/ imports nothing outside itself'
	const from = folderOf(importer)
	const to = folderOf(target)
	if (from === to) return
	if (!(from in standsOn && to in standsOn)) return `folders are ${Object.keys(standsOn).join(', ')}`
	const allowed = allBelow(from)
	if (!allowed.has(to)) return `${from} may import ${[...allowed].join(', ') || 'no other folder'}`
	const open = ['index.ts', ...(doors[to] ?? [])]
	if (!open.includes(relative(`src/${to}`, target)))
		return `${to} is imported through ${open.map((door) => `src/${to}/${door}`).join(' or ')}`
	return
}

function allBelow(folder: string): Set<string> {
	const direct = standsOn[folder] ?? []
	return new Set(direct.flatMap((below) => [below, ...allBelow(below)]))
}

function coreFolderOf(path: string): string | undefined {
	return Object.keys(coreFolders).find((folder) => `${path}/`.startsWith(folder))
}

function folderOf(path: string): string {
	return path.split('/')[1] ?? ''
}
