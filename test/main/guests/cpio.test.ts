import {spawnSync} from 'node:child_process'
import test from 'ava'
import {packCpio} from '../../../src/main/guests/cpio.ts'

const archive = packCpio([
	{kind: 'directory', name: 'bin'},
	{kind: 'file', name: 'bin/tool', mode: 0o755, data: 'odd'},
	{kind: 'symlink', name: 'bin/alias', target: 'tool'},
	{kind: 'character-device', name: 'console', major: 5, minor: 1},
])

test('an archive is a sequence of newc members that ends with the trailer', (t) => {
	const text = archive.toString('latin1')
	t.is(archive.length % 512, 0)
	t.is(text.slice(0, 6), '070701')
	t.is(text.split('070701').length - 1, 5)
	t.true(text.includes('TRAILER!!!\0'))
})

test('a member has its mode, size and device number in hexadecimal, and its data at a multiple of four', (t) => {
	const text = archive.toString('latin1')
	const at = text.indexOf('bin/tool\0') - 110
	t.is(text.slice(at + 14, at + 22), (0o100755).toString(16).padStart(8, '0'))
	t.is(text.slice(at + 54, at + 62), '00000003')
	t.is(at % 4, 0)
	t.is(text.indexOf('odd') % 4, 0)
	const device = text.indexOf('console\0') - 110
	t.is(text.slice(device + 78, device + 94), '0000000500000001')
})

test('the same members make the same archive, and cpio reads it where there is one', (t) => {
	const listing = spawnSync('cpio', ['--list', '--verbose', '--quiet'], {input: archive, encoding: 'utf8'})
	if (listing.error) return void t.pass('no cpio on this machine')
	const names = listing.stdout
		.trim()
		.split('\n')
		.map((line) => line.replace(/^(\S+).*? (\S+(?: -> \S+)?)$/, '$1 $2'))
	t.deepEqual(names, ['drwxr-xr-x bin', '-rwxr-xr-x bin/tool', 'lrwxrwxrwx bin/alias -> tool', 'crw------- console'])
})
