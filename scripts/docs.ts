/** Writes what is generated from the program's own definitions: docs/command-line.md, docs/manyhart.1, a table in docs/scaling.md. */
import {readFile} from 'node:fs/promises'
import packageFile from '../package.json' with {type: 'json'}
import {fromRoot, writeIfChanged} from './build/project.ts'
import {runScript, scriptCommand} from './build/script-command.ts'
import {renderCommandLine} from './docs/command-line.ts'
import {renderManPage} from './docs/man-page.ts'
import {withWorkloads} from './docs/scaling.ts'

const command = scriptCommand(
	'docs',
	'writes docs/command-line.md, docs/manyhart.1, the man page, and the workloads in docs/scaling.md',
).action(async () => {
	await writeIfChanged(fromRoot('docs/command-line.md'), renderCommandLine())
	await writeIfChanged(fromRoot('docs/manyhart.1'), await renderManPage(packageFile.version))
	const scaling = fromRoot('docs/scaling.md')
	await writeIfChanged(scaling, withWorkloads(await readFile(scaling, 'utf8')))
})
await runScript('docs', command)
