import test from 'ava'
import {withLongDashes} from '../../../src/main/command-line/qemu-spelling.ts'

test('QEMU’s single dashes become double', (t) => {
	t.deepEqual(withLongDashes(['run', '-smp', '4', '-m', '1G', '-kernel', 'Image', '-nographic']), [
		'run',
		'--smp',
		'4',
		'-m',
		'1G',
		'--kernel',
		'Image',
		'--nographic',
	])
})

test('a value is passed on even if it looks like an option', (t) => {
	t.deepEqual(withLongDashes(['-append', '-smp', '--append', '-kernel']), ['--append', '-smp', '--append', '-kernel'])
})

test('a value behind an equals sign stays there', (t) => {
	t.deepEqual(withLongDashes(['-smp=cpus=4', '--kernel=a b']), ['--smp=cpus=4', '--kernel=a b'])
})

test('other words stay as they are', (t) => {
	t.deepEqual(withLongDashes(['guest', 'fetch', 'debian', '--json', '-x', '-', '--', '-smp']), [
		'guest',
		'fetch',
		'debian',
		'--json',
		'-x',
		'-',
		'--',
		'-smp',
	])
})
