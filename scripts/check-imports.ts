/** Checks that each folder of src/ imports only folders below it, through their index.ts, and never in a circle. */
import {readFile} from 'node:fs/promises'
import {importBreaches, importCircles, type SourceFile, sourceFiles} from './build/imports.ts'
import {fromRoot} from './build/project.ts'

const files: SourceFile[] = await Promise.all(
	(await sourceFiles()).map(async (path) => ({path, text: await readFile(fromRoot(path), 'utf8')})),
)
const breaches = files.flatMap(importBreaches)
for (const {path, line, specifier, rule} of breaches) console.error(`${path}:${line}: '${specifier}': ${rule}`)
const circles = importCircles(files)
for (const circle of circles) console.error(`circle: ${circle.join(' → ')}`)
if (breaches.length + circles.length > 0) {
	console.error(
		`check-imports: Expected imports to go one way, got ${breaches.length} that do not, and ${circles.length} circles`,
	)
	process.exitCode = 1
} else console.log(`${files.length} files: imports go one way, no circles`)
