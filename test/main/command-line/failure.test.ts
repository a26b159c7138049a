import test from 'ava'
import {UserError} from '../../../src/errors.ts'
import {describeFailure} from '../../../src/main/command-line/failure.ts'

test('a user’s mistake exits with 2, and is one line', (t) => {
	t.deepEqual(describeFailure(new UserError('Expected a,\n got b')), {
		line: 'manyhart: Expected a,; got b',
		exitCode: 2,
	})
})

test('a file that cannot be used is a user’s mistake', (t) => {
	const error = Object.assign(new Error('x'), {code: 'ENOENT', syscall: 'open', path: '/k'})
	t.deepEqual(describeFailure(error), {line: 'manyhart: Expected to open /k, got ENOENT', exitCode: 2})
})

test('anything else is our fault: 70', (t) => {
	t.deepEqual(describeFailure(new TypeError('oops')), {line: 'manyhart: Internal error: oops', exitCode: 70})
	t.deepEqual(describeFailure('odd'), {line: 'manyhart: Internal error: odd', exitCode: 70})
})
