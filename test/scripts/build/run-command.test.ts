import test from 'ava'
import {runCommand} from '../../../scripts/build/run-command.ts'

const cwd = import.meta.dirname

test.serial('twenty commands at a time bring no warning', async (t) => {
	const warnings: Error[] = []
	const onWarning = (warning: Error) => void warnings.push(warning)
	process.on('warning', onWarning)
	const before = process.listenerCount('exit')
	const commands = Array.from({length: 20}, (_, index) =>
		runCommand('sh', ['-c', `echo ${index}; exit ${index}`], {cwd, seconds: 60}),
	)
	t.is(process.listenerCount('exit'), before)
	const ended = await Promise.all(commands)
	t.deepEqual(
		ended,
		Array.from({length: 20}, (_, code) => ({output: `${code}\n`, code, timedOut: false})),
	)
	// Warnings come in a task of their own.
	await new Promise((resolve) => setImmediate(resolve))
	process.off('warning', onWarning)
	t.deepEqual(warnings, [])
})

test('a command that does not end is killed at its limit, with its children', async (t) => {
	const {code, timedOut} = await runCommand('sh', ['-c', 'sleep 1000 & wait'], {cwd, seconds: 0.2})
	t.is(code, 1)
	t.true(timedOut)
})

test('a command that cannot be started is an error', async (t) => {
	await t.throwsAsync(runCommand('/no/such', [], {cwd, seconds: 60}), {code: 'ENOENT'})
})
