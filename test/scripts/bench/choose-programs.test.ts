import test from 'ava'
import {choosePrograms} from '../../../scripts/bench/choose-programs.ts'
import {programs, usualGroups} from '../../../src/bench/index.ts'

const names = (choice: Parameters<typeof choosePrograms>[0]) => choosePrograms(choice).map(({name}) => name)

test('the usual groups run unless something is named; on bare metal without the programs that need Linux', (t) => {
	t.deepEqual(
		choosePrograms({bare: false}),
		programs.filter(({group}) => usualGroups.includes(group)),
	)
	t.false(names({bare: false}).includes('pages-4k'))
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

test('the groups that do not run by themselves run when they are named', (t) => {
	t.deepEqual(names({group: ['flush'], bare: false}).slice(0, 2), ['mprotect', 'mmap-2'])
	t.true(names({group: ['working-set'], bare: true}).includes('pages-256m'))
	t.throws(() => names({group: ['flush'], bare: true}), {message: /run on bare metal, got mprotect/})
})

test('an unknown name is an error that lists the names', (t) => {
	t.throws(() => names({program: ['sive'], bare: false}), {
		message: /^Expected --program to be one of sieve, .*, got sive$/,
	})
})

test('programs that need Linux alone are an error on bare metal', (t) => {
	t.throws(() => names({group: ['system'], bare: true}), {message: /run on bare metal, got syscall/})
})
