import {execFile} from 'node:child_process'
import {mkdir, mkdtemp, readFile, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import test from 'ava'
import {storePackage} from '../../../src/main/guests/stored-package.ts'
import {ifItCanBeHad} from '../../boot/boot-guest.ts'

const run = promisify(execFile)

test('a package that is stored has the same contents, uncompressed, and dpkg-deb reads it', async (t) => {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-packages-'))
	t.teardown(() => rm(folder, {recursive: true}))
	const [tree, into] = [join(folder, 'tree'), join(folder, 'stored')]
	await mkdir(join(tree, 'DEBIAN'), {recursive: true})
	await mkdir(into)
	const control =
		'Package: sample\nVersion: 1.0\nArchitecture: all\nMaintainer: me <me@example.org>\nDescription: sample\n'
	await writeFile(join(tree, 'DEBIAN/control'), control)
	await writeFile(join(tree, 'text'), 'text\n'.repeat(100_000))
	const file = join(folder, 'sample_1%3a1.0_all.deb')
	const built = await ifItCanBeHad(t, 'dpkg-deb', () => run('dpkg-deb', ['--build', '--root-owner-group', tree, file]))
	if (!built) return

	const name = await storePackage(file, {into})
	t.is(name, 'sample_1%3a1.0_all.deb')
	const stored = join(into, name)
	t.is((await run('dpkg-deb', ['--field', stored, 'Version'])).stdout, '1.0\n')
	const listed = async (path: string) => (await run('dpkg-deb', ['--contents', path])).stdout
	t.is(await listed(stored), await listed(file))
	t.true((await stat(stored)).size > 500_000)
	const text = await readFile(stored, 'latin1')
	t.regex(text.slice(0, 72), /^!<arch>\ndebian-binary {3}/)
	t.true(text.includes('\ncontrol.tar ') && text.includes('data.tar '))

	// What is there is not made again.
	await writeFile(file, 'damaged')
	t.is(await storePackage(file, {into}), name)
	await rm(stored)
	await t.throwsAsync(storePackage(file, {into}), {
		name: 'UserError',
		message: /^Expected dpkg-deb to unpack .*sample_1%3a1.0_all.deb, got: /,
	})
})
