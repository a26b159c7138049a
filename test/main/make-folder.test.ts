import {mkdtemp, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test from 'ava'
import {makeFolder} from '../../src/main/make-folder.ts'

test('a folder is made with those above it, and may be there', async (t) => {
	const top = await mkdtemp(join(tmpdir(), 'manyhart-'))
	t.teardown(() => rm(top, {recursive: true}))
	const path = join(top, 'a', 'b', 'c')
	await makeFolder(path)
	await makeFolder(path)
	t.true((await stat(path)).isDirectory())
})

test('a folder that cannot be made is an error, also below /proc and below a file', async (t) => {
	const top = await mkdtemp(join(tmpdir(), 'manyhart-'))
	t.teardown(() => rm(top, {recursive: true}))
	await writeFile(join(top, 'file'), '')
	await t.throwsAsync(makeFolder('/proc/nowhere/deep'), {code: 'ENOENT'})
	await t.throwsAsync(makeFolder(join(top, 'file')), {code: 'EEXIST'})
	await t.throwsAsync(makeFolder(join(top, 'file', 'deep')), {code: 'ENOTDIR'})
})
