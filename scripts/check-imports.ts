/** Checks the directions of imports: each folder of src/ may use only those before it, and others only through their index.ts. */
import {readFile} from 'node:fs/promises'
import {importBreaches, type SourceFile, sourceFiles} from './build/imports.ts'
import {fromRoot} from './build/project.ts'

const files: SourceFile[] = await Promise.all(
	(await sourceFiles()).map(async (path) => ({path, text: await readFile(fromRoot(path), 'utf8')})),
)
const breaches = files.flatMap(importBreaches)
for (const {path, line, specifier, rule} of breaches) console.error(`${path}:${line}: '${specifier}': ${rule}`)
if (breaches.length > 0) {
	console.error(`check-imports: Expected imports to go one way, got ${breaches.length} that do not`)
	process.exitCode = 1
}
