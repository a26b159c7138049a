import test from 'ava'
import {choosePrograms} from '../../../scripts/bench/choose-programs.ts'
import {programs} from '../../../src/bench/index.ts'

const names = (choice: Parameters<typeof choosePrograms>[0]) => choosePrograms(choice).map(({name}) => name)

test('all programs run unless some are named; on bare metal all but those that need Linux', (t) => {
	t.is(choosePrograms({bare: false}).length, programs.length)
	t.true(names({bare: false}).includes('fork'))
	t.false(names({bare: true}).includes('fork'))
})

test('groups and programs add up, in the order of the list', (t) => {
	t.deepEqual(names({program: ['fft', 'sieve'], bare: false}), ['sieve', 'fft'])
	t.deepEqual(names({group: ['fp'], program: ['sieve', 'fft'], bare: true}), [
		'sieve',
		'n-body',
		'double-matrix',
		'fft',
		'mandelbrot',
	])
})

test('an unknown name is an error that lists the names', (t) => {
	t.throws(() => names({program: ['sive'], bare: false}), {
		message: /^Expected --program to be one of sieve, .*, got sive$/,
	})
})

test('programs that need Linux alone are an error on bare metal', (t) => {
	t.throws(() => names({group: ['system'], bare: true}), {message: /run on bare metal, got syscall/})
})
