import test from 'ava'
import {checkCommandOptions, checkExecOptions} from '../../../src/main/command-line/exec-options.ts'

test('a command gets this folder and a network unless others are named', (t) => {
	const {run, command, bootTimeoutSeconds} = checkExecOptions(['make', '-j4'], {})
	t.deepEqual(run.shares, [{path: '.'}])
	t.is(run.networks?.length, 1)
	t.deepEqual(command, {command: ['make', '-j4'], env: {}, workdir: undefined, tty: false})
	t.is(bootTimeoutSeconds, 300)
	const other = checkExecOptions(['true'], {share: ['/a:b:ro'], nic: ['none'], bootTimeout: '5'})
	t.deepEqual(other.run.shares, [{path: '/a', tag: 'b', readOnly: true}])
	t.deepEqual(other.run.networks, [])
	t.is(other.bootTimeoutSeconds, 5)
	t.deepEqual(checkExecOptions(['true'], {share: false}).run.shares, [])
})

test('variables have a value, or that of this process', (t) => {
	process.env.MANYHART_TEST_VARIABLE = 'here'
	delete process.env.MANYHART_TEST_MISSING
	const env = ['A=', 'B=x=y', 'MANYHART_TEST_VARIABLE', 'MANYHART_TEST_MISSING']
	t.deepEqual(checkCommandOptions(['c'], {env}).env, {A: '', B: 'x=y', MANYHART_TEST_VARIABLE: 'here'})
	t.throws(() => checkCommandOptions(['c'], {env: ['=x']}), {message: 'Expected --env NAME=VALUE or NAME, got =x'})
})

test('no command is a mistake that shows how one is given', (t) => {
	t.throws(() => checkExecOptions([], {}), {
		message: 'Expected a command to run in the guest, as in: manyhart exec -- uname -m, got none',
	})
})
