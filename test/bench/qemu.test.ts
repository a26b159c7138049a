import {chmod, mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {delimiter, join} from 'node:path'
import test from 'ava'
import {findQemu, findQemus, qemuProgram} from '../../src/bench/qemu.ts'

const onHost = process.platform === 'win32' ? test.skip : test.serial

// Serial, because the environment belongs to the process.
onHost('every QEMU in PATH is found, each once, in the order of PATH', async (t) => {
	const root = await mkdtemp(join(tmpdir(), 'manyhart-qemu-test-'))
	const path = process.env.PATH
	t.teardown(async () => {
		process.env.PATH = path
		await rm(root, {recursive: true})
	})
	const folders = ['old', 'again', 'empty', 'plain', 'new'].map((name) => join(root, name))
	const [old, again, , plain, newer] = folders.map((folder) => join(folder, qemuProgram)) as [
		string,
		string,
		string,
		string,
		string,
	]
	for (const folder of folders) await mkdir(folder)
	for (const file of [old, plain, newer]) await writeFile(file, '#!/bin/sh\n')
	for (const file of [old, newer]) await chmod(file, 0o755)
	await symlink(old, again)
	process.env.PATH = ['', ...folders].join(delimiter)
	t.deepEqual(await findQemus(), [old, newer], 'a file that cannot be executed is none')
	t.is(await findQemu(), old)
	process.env.PATH = folders[2]!
	t.deepEqual(await findQemus(), [])
	t.is(await findQemu(), undefined)
})
