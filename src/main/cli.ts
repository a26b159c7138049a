/** The command line's entry: runs the program, turns every failure into one line, and leaves with its code. */
import packageFile from '../../package.json' with {type: 'json'}
import {exitCodes} from '../exit-codes.ts'
import {describeFailure} from './command-line/failure.ts'
import {runProgram} from './command-line/program.ts'
import {signalExitCode} from './command-line/signals.ts'
import {environmentVariables} from './environment.ts'
import * as guests from './guests/index.ts'
import {Machine} from './machine.ts'

/** Milliseconds that a reader of our output has after a timeout. */
const drainLimit = 2000

function fail(error: unknown): never {
	const {line, exitCode} = describeFailure(error)
	process.stderr.write(`${line}\n`)
	if (process.env[environmentVariables.debug.name]) console.error(error)
	// Every exit handler runs, the terminal's among them.
	process.exit(exitCode)
}

process.on('uncaughtException', fail)
// Whoever read our output has gone: as if by SIGPIPE.
process.stdout.on('error', () => process.exit(signalExitCode('SIGPIPE')))

try {
	const createMachine = (options: Parameters<typeof Machine.create>[0]) => Machine.create(options)
	const exitCode = await runProgram(process.argv.slice(2), {version: packageFile.version, guests, createMachine})
	// What is still written to a pipe goes out before the process ends; threads that linger do not keep it.
	process.stdout.write('', () => process.exit(exitCode))
	// A time limit holds for a reader that does not read, too.
	if (exitCode === exitCodes.timeout.code) setTimeout(() => process.exit(exitCode), drainLimit)
} catch (error) {
	fail(error)
}
