/** The file that npm installs as the command: loads the command line, or says which Node that needs. */
import {nodeMismatch} from './node-version.ts'

const mismatch = nodeMismatch(process.versions.node)
if (mismatch === undefined) {
	// Beside this file in dist/.
	const commandLine = './command-line.js'
	await import(commandLine)
} else {
	process.stderr.write(`manyhart: ${mismatch}\n`)
	process.exitCode = 2
}
