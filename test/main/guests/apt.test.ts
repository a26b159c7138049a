import test from 'ava'
import {firstError, plannedPackages, progressOf} from '../../../src/main/guests/apt.ts'
import {chooseMirror, parseIndexTargets} from '../../../src/main/guests/apt-mirror.ts'
import {kernelOf} from '../../../src/main/guests/debian.ts'
import {neededPackages} from '../../../src/main/guests/package-dependencies.ts'

const line = (...fields: string[]) => `${fields.join('\t')}\n`

test('the mirror is the first full Debian archive of the sources, whatever its suite', (t) => {
	const output =
		line('https://packages.example.com/apt/', 'stable', 'main', 'Example') +
		line('http://security.example/debian-security/', 'bookworm-security', 'main', 'Debian') +
		line('http://mirror.example.org/pub/debian/', 'bookworm', 'contrib', 'Debian') +
		line('http://mirror.example.org/pub/debian/', 'bookworm', 'main', 'Debian')
	t.is(chooseMirror(parseIndexTargets(output)), 'http://mirror.example.org/pub/debian/')
})

test('before the first apt-get update a mirror is known by its path', (t) => {
	t.is(
		chooseMirror(parseIndexTargets(line('http://mirror.example/debian/', 'trixie', 'main', ''))),
		'http://mirror.example/debian/',
	)
	t.is(chooseMirror(parseIndexTargets(line('https://packages.example.com/apt/', 'stable', 'main', ''))), undefined)
})

test('the archive of another distribution and a disc are no mirrors', (t) => {
	const output =
		line('http://archive.ubuntu.com/ubuntu/', 'noble', 'main', 'Ubuntu') +
		line('cdrom:[Debian 13]/', 'trixie', 'main', 'Debian')
	t.is(chooseMirror(parseIndexTargets(output)), undefined)
})

test('progress is read from the status lines of a download only', (t) => {
	t.is(progressOf('dlstatus:1:24.5:Retrieving file 1 of 2 (3min left)'), 0.245)
	t.is(progressOf('pmstatus:dpkg-exec:0.0000:Running dpkg'), undefined)
	t.is(progressOf(''), undefined)
})

test("an error is apt's first error line, without its mark", (t) => {
	t.is(
		firstError('W: something\nE: Failed to fetch http://x  Could not resolve\nE: Some files'),
		'Failed to fetch http://x Could not resolve',
	)
	t.is(firstError(''), 'no reason')
})

test('the kernel is the package that the metapackage depends on', (t) => {
	t.is(
		kernelOf(new Map([['Depends', 'linux-image-6.12.107+deb13-riscv64 (= 6.12.107-1), other']])),
		'linux-image-6.12.107+deb13-riscv64',
	)
	t.throws(() => kernelOf(new Map()), {message: /^Expected linux-image-riscv64 to depend on a kernel/})
})

test('what a package needs is followed to its end, also in circles, but not through what is left out', (t) => {
	const tree = [
		...['tool', '  Depends: libc', ' |Depends: first', '  Depends: second', '  PreDepends: <virtual>', '    provider'],
		...['libc', '  Depends: libgcc', 'libgcc', '  Depends: libc'],
		...['first', '  Depends: driver', 'second', 'driver', '  Depends: compiler', 'compiler', ''],
	].join('\n')
	t.deepEqual(neededPackages(['tool'], tree), ['compiler', 'driver', 'first', 'libc', 'libgcc', 'tool'])
	t.deepEqual(neededPackages(['tool'], tree, {without: new Set(['driver'])}), ['first', 'libc', 'libgcc', 'tool'])
})

test('what apt would install is read from its simulation, and nothing may be removed for it', (t) => {
	const output = [
		'NOTE: This is only a simulation!',
		'Inst base-files (13.8+deb13u1 Debian:13.8/stable [riscv64])',
		'Inst libc6 [2.41-1] (2.41-12 Debian:13.8/stable [riscv64]) []',
		'Conf base-files (13.8+deb13u1 Debian:13.8/stable [riscv64])',
	].join('\n')
	t.deepEqual(plannedPackages(output), [
		{name: 'base-files', version: '13.8+deb13u1'},
		{name: 'libc6', version: '2.41-12'},
	])
	t.throws(() => plannedPackages(`Remv dash [0.5]\n${output}`), {message: /^Expected packages that go with dash/})
})
