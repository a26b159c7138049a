/** Writes the pages that are generated from the program's own definitions: docs/command-line.md. */
import {fromRoot, writeIfChanged} from './build/project.ts'
import {runScript, scriptCommand} from './build/script-command.ts'
import {renderCommandLine} from './docs/command-line.ts'

const command = scriptCommand('docs', 'writes docs/command-line.md').action(() =>
	writeIfChanged(fromRoot('docs/command-line.md'), renderCommandLine()),
)
await runScript('docs', command)
