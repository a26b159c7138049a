/** The rules of imports within src/, and who breaks them. */
import {glob} from 'node:fs/promises'
import {dirname, join, relative} from 'node:path/posix'
import {fromRoot} from './project.ts'

/** Each folder may import those before it. */
const order = ['memory', 'rcu', 'tlb', 'board', 'vcpu-worker', 'main'] as const
const hartFolder = 'src/vcpu-worker/hart/'
const hartOffsets = 'build/hart/offsets'

export type SourceFile = Readonly<{path: string; text: string}>
export type ImportBreach = Readonly<{path: string; line: number; specifier: string; rule: string}>

export async function sourceFiles(): Promise<string[]> {
	return (await Array.fromAsync(glob('src/**/*.ts', {cwd: fromRoot()}))).sort()
}

/** `import … from '…'`, `export … from '…'`, `import '…'`, `import('…')`, types included. */
const importPattern = /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])(\.{1,2}\/[^'"\n]*|\.{1,2})\1/g

/** @param file its path runs from the project's root. */
export function importBreaches({path, text}: SourceFile): ImportBreach[] {
	const breaches: ImportBreach[] = []
	for (const match of text.matchAll(importPattern)) {
		const specifier = match[2]!
		const rule = brokenRule(path, join(dirname(path), specifier))
		const line = text.slice(0, match.index + match[0].indexOf(specifier)).split('\n').length
		if (rule) breaches.push({path, line, specifier, rule})
	}
	return breaches
}

/** @returns the rule that the import of `target` breaks, or undefined. Both paths run from the project's root. */
function brokenRule(importer: string, target: string): string | undefined {
	if (importer.startsWith(hartFolder)) {
		if (target.startsWith(hartFolder) || target === hartOffsets || `${target}/` === hartFolder) return
		return `the hart core imports only itself and ${hartOffsets}`
	}
	if (target.startsWith(hartFolder)) return 'the hart core is compiled to Wasm: its sources cannot be imported'
	if (target === 'package.json' && importer.startsWith('src/main/')) return
	if (!target.startsWith('src/')) return 'src/ imports nothing outside itself'
	const from = folderOf(importer)
	const to = folderOf(target)
	if (from === to) return
	if (!isKnown(from) || !isKnown(to)) return `folders are ${order.join(' ← ')}`
	if (order.indexOf(to) > order.indexOf(from)) return `${from} comes before ${to}: ${order.join(' ← ')}`
	if (relative(`src/${to}`, target) !== 'index.ts') return `${to} is imported through src/${to}/index.ts`
	return
}

function folderOf(path: string): string {
	return path.split('/')[1] ?? ''
}

function isKnown(folder: string): folder is (typeof order)[number] {
	return (order as readonly string[]).includes(folder)
}
