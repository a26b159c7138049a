import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import test from 'ava'
import {qemuCommand} from '../../src/bench/qemu-command.ts'

const program = 'usr/bin/qemu-system-riscv64'
const loader = 'usr/lib64/ld-linux-x86-64.so.2'
const libraries = ['usr/lib/x86_64-linux-gnu/libc.so.6', 'usr/lib/x86_64-linux-gnu/pulseaudio/libpulsecommon.so']
const firmware = 'usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin'

async function withFolder(files: readonly string[], use: (folder: string) => void): Promise<void> {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-qemu-test-'))
	try {
		for (const file of files) {
			await mkdir(join(folder, dirname(file)), {recursive: true})
			await writeFile(join(folder, file), '')
		}
		use(folder)
	} finally {
		await rm(folder, {recursive: true})
	}
}

test('a program is started as it is, found or not', (t) => {
	t.deepEqual(qemuCommand('qemu-system-riscv64'), {program: 'qemu-system-riscv64', args: []})
	t.deepEqual(qemuCommand(process.execPath), {program: process.execPath, args: []})
})

test('a QEMU unpacked in a folder is started by the loader there, with the libraries and the firmware there', async (t) => {
	await withFolder([program, loader, ...libraries, firmware], (folder) => {
		const command = qemuCommand(folder)
		t.is(command.program, join(folder, loader))
		const [option, path, ...rest] = command.args
		t.is(option, '--library-path')
		t.deepEqual(path!.split(':').toSorted(), libraries.map((file) => join(folder, dirname(file))).toSorted())
		t.deepEqual(rest, [join(folder, program), '-L', join(folder, 'usr/share/qemu'), '-bios', join(folder, firmware)])
	})
})

test('a folder that lacks a part is an error that names the part', async (t) => {
	const parts = {'a loader': [program, firmware], 'a program': [loader, firmware], firmware: [program, loader]}
	for (const [what, files] of Object.entries(parts))
		await withFolder(files, (folder) => {
			const error = t.throws(() => qemuCommand(folder))
			t.true(error?.message.startsWith(`Expected ${what} (`), error?.message)
		})
})
