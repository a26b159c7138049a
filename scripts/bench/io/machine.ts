/** What the machines of `bench -- io` have: two disks, a folder and a network, spelled as both command lines have them. */
import {randomFillSync} from 'node:crypto'
import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {BuildError} from '../../build/project.ts'
import {runCommand} from '../../build/run-command.ts'
import type {IoPorts} from './network.ts'

const mebibyte = 2 ** 20
const diskMebibytes = 256
const fileMebibytes = 64
const smallFiles = 1000

/** Files with contents, in a folder: the images are full, so that nothing is read from nowhere. */
export async function makeFiles(folder: string): Promise<void> {
	const contents = randomFillSync(Buffer.alloc(diskMebibytes * mebibyte))
	await writeFile(join(folder, 'disk.raw'), contents)
	const convert = ['convert', '-f', 'raw', '-O', 'qcow2', 'disk.raw', 'disk.qcow2']
	const {code, output} = await runCommand('qemu-img', convert, {cwd: folder, seconds: 300}).catch(() => {
		throw new BuildError('Expected qemu-img in PATH (Debian package qemu-utils)')
	})
	if (code !== 0) throw new BuildError(`Expected qemu-img to make an image, got: ${output}`)
	await mkdir(join(folder, 'shared', 'many'), {recursive: true})
	await writeFile(join(folder, 'shared', 'big'), contents.subarray(0, fileMebibytes * mebibyte))
	for (let number = 0; number < smallFiles; number++)
		await writeFile(join(folder, 'shared', 'many', `file-${number}`), `${number}\n`)
}

export function ioDevices(folder: string, {iperf, http}: IoPorts): readonly string[] {
	const forwards = [`hostfwd=tcp:127.0.0.1:${iperf}-:5201`, `hostfwd=tcp:127.0.0.1:${http}-:80`]
	return [
		...(['raw', 'qcow2'] as const).flatMap((format) => [
			...['-drive', `file=${join(folder, `disk.${format}`)},format=${format},if=none,id=${format}`],
			...['-device', `virtio-blk-device,drive=${format},serial=${format}`],
		]),
		...['-fsdev', `local,id=files,path=${join(folder, 'shared')},security_model=none`],
		...['-device', 'virtio-9p-device,fsdev=files,mount_tag=share'],
		...['-netdev', `user,id=net,${forwards.join(',')}`],
		...['-device', 'virtio-net-device,netdev=net'],
	]
}
