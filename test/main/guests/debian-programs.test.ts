import {mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test from 'ava'
import {programEntries} from '../../../src/main/guests/debian-programs.ts'

const libraries = 'usr/lib/riscv64-linux-gnu'

test('a program comes with the libraries beside the linker, links as links, and without subfolders', async (t) => {
	const unpacked = await mkdtemp(join(tmpdir(), 'manyhart-programs-'))
	t.teardown(() => rm(unpacked, {recursive: true}))
	await mkdir(join(unpacked, 'usr/bin'), {recursive: true})
	await mkdir(join(unpacked, libraries, 'gconv'), {recursive: true})
	await writeFile(join(unpacked, 'usr/bin/tool'), 'tool')
	await writeFile(join(unpacked, 'usr/bin/other'), 'other')
	await writeFile(join(unpacked, libraries, 'libz.so.1.3'), 'libz')
	await symlink('libz.so.1.3', join(unpacked, libraries, 'libz.so.1'))
	await writeFile(join(unpacked, libraries, 'notes.txt'), '')
	await writeFile(join(unpacked, libraries, 'gconv/UTF-7.so'), '')

	const entries = await programEntries({unpacked, programs: ['tool']})
	const shown = entries.map((entry) => [entry.name, 'target' in entry ? entry.target : entry.kind])
	t.deepEqual(Object.fromEntries(shown), {
		'usr/bin/tool': 'file',
		'usr/lib': 'directory',
		[libraries]: 'directory',
		'lib/ld-linux-riscv64-lp64d.so.1': `../${libraries}/ld-linux-riscv64-lp64d.so.1`,
		[`${libraries}/libz.so.1.3`]: 'file',
		[`${libraries}/libz.so.1`]: 'libz.so.1.3',
	})
	await t.throwsAsync(programEntries({unpacked, programs: ['absent']}), {
		name: 'UserError',
		message: "Expected /usr/bin/absent in Debian's packages, got none",
	})
	t.deepEqual(await programEntries({unpacked, programs: []}), [])
})
