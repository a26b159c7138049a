/** The command line's entry: runs the program, reports a failure in one line, and exits with the program's code. */
import packageFile from '../../package.json' with {type: 'json'}
import {expected} from '../errors.ts'
import {describeFailure} from './command-line/failure.ts'
import {runProgram} from './command-line/program.ts'
import {signalExitCode} from './command-line/signals.ts'
import {isStdoutFailureHandled, onStdoutFailure} from './command-line/stdout-failure.ts'
import {environmentVariables} from './environment.ts'
import * as guests from './guests/index.ts'
import {createMachineOn} from './library-machine.ts'
import {afterRunning} from './running-time.ts'
import {describeSystemError} from './system-error.ts'

/** Milliseconds that the reader of our output gets after a timeout or a signal. */
const drainLimit = 2000

function fail(error: unknown): never {
	const {line, exitCode} = describeFailure(error)
	process.stderr.write(`${line}\n`)
	if (process.env[environmentVariables.debug.name]) console.error(error)
	// Runs the exit handlers, such as the terminal's.
	process.exit(exitCode)
}

process.on('uncaughtException', fail)
let terminalIsGone = false
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
	// The terminal is closed, which a write may find before SIGHUP is here; to a process in the background that never comes.
	if (error.code === 'EIO' && process.stdout.isTTY && !terminalIsGone) {
		terminalIsGone = true
		process.kill(process.pid, 'SIGHUP')
	}
	if (terminalIsGone) return
	onStdoutFailure(error, () => {
		// The reader of our output is gone: exit as if by SIGPIPE.
		if (error.code === 'EPIPE') process.exit(signalExitCode('SIGPIPE'))
		fail(expected('to write to stdout', describeSystemError(error)))
	})
})
// What cannot be said is not worth ending for.
process.stderr.on('error', () => {})

try {
	const {exitCode, output} = await runProgram(process.argv.slice(2), {
		version: packageFile.version,
		guests,
		createMachine: createMachineOn,
	})
	// Exits once pending output is written, whatever threads are left. The listener above exits if it cannot be written.
	process.stdout.write('', (error) => {
		if (!error || terminalIsGone || isStdoutFailureHandled()) process.exit(exitCode)
	})
	if (output === 'what is read soon') afterRunning(drainLimit, () => process.exit(exitCode))
} catch (error) {
	fail(error)
}
