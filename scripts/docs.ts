/** Writes the pages that are generated from the program's own definitions: docs/command-line.md and docs/manyhart.1. */
import packageFile from '../package.json' with {type: 'json'}
import {fromRoot, writeIfChanged} from './build/project.ts'
import {runScript, scriptCommand} from './build/script-command.ts'
import {renderCommandLine} from './docs/command-line.ts'
import {renderManPage} from './docs/man-page.ts'

const command = scriptCommand('docs', 'writes docs/command-line.md and docs/manyhart.1, the man page').action(
	async () => {
		await writeIfChanged(fromRoot('docs/command-line.md'), renderCommandLine())
		await writeIfChanged(fromRoot('docs/manyhart.1'), await renderManPage(packageFile.version))
	},
)
await runScript('docs', command)
