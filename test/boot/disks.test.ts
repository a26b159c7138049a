/** Debian's kernel with disks: what it reads and writes is what the host has. */
import {createHash} from 'node:crypto'
import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {Machine, type MachineOptions} from '../../src/main/index.ts'
import {randomBytes, testFolder} from '../disk/images.ts'
import {checkImage, hasQemuImg, qemuImg} from '../disk/qemu-img.ts'
import {Random} from '../hart/core/float-operands.ts'
import {manyhart} from '../main/manyhart-process.ts'
import {longPatience, margin} from '../support/patience.ts'
import {testTranslation} from '../support/translation.ts'
import {fetchedGuest, trouble} from './boot-guest.ts'
import {KillTest} from './kill-disk.ts'

const mebibyte = 2 ** 20
const withQemuImg = hasQemuImg || process.env.CI ? test : test.skip

const sha256 = async (file: string) =>
	createHash('sha256')
		.update(await readFile(file))
		.digest('hex')

/** @returns what the guest printed after the commands were typed; undefined if there is no guest. */
async function shell(
	t: ExecutionContext,
	commands: string,
	options: Partial<MachineOptions>,
): Promise<string | undefined> {
	const guest = await fetchedGuest(t, 'debian')
	if (!guest) return undefined
	const signal = AbortSignal.timeout(longPatience)
	const memory = 512 * mebibyte
	await using machine = await Machine.create({smp: 2, memory, ...guest, signal, ...testTranslation(), ...options})
	const running = machine.run()
	let text = ''
	let typed: number | undefined
	for await (const bytes of machine.console) {
		text += Buffer.from(bytes).toString('latin1')
		if (typed !== undefined || !text.includes('~ # ')) continue
		typed = text.length
		// One line after the other, so that none is typed while a program reads.
		machine.console.write(`${commands.trim().replaceAll('\n', '; ')}; poweroff -f\n`)
	}
	t.deepEqual(await running, {reason: 'power-off', exitCode: 0})
	t.notRegex(text, trouble)
	return text.slice(typed)
}

withQemuImg('Linux copies a raw disk to a qcow2 disk, by virtio-mmio of version 2', async (t) => {
	t.timeout(longPatience + margin)
	const folder = await testFolder(t)
	const [raw, copy] = [join(folder, 'a.raw'), join(folder, 'b.qcow2')]
	await writeFile(raw, randomBytes(new Random(1), 24 * mebibyte))
	await qemuImg('create', '-q', '-f', 'qcow2', copy, '24M')
	const drives = [
		{file: raw, format: 'raw', readOnly: true, serial: 'first'} as const,
		{file: copy, format: 'qcow2'} as const,
	]
	const commands =
		'cat /sys/block/vda/serial /sys/block/vda/ro; sha256sum /dev/vda\ndd if=/dev/vda of=/dev/vdb bs=1M conv=fsync'
	const said = await shell(t, commands, {smp: 1, drives, virtioMmioVersion: 2})
	if (said === undefined) return
	t.regex(said, /^first1\r?$/m)
	t.true(said.includes(await sha256(raw)))
	t.deepEqual(await checkImage(copy), {corruptions: 0, leaks: 0})
	t.regex(await qemuImg('compare', '-f', 'raw', '-F', 'qcow2', raw, copy), /identical/)
})

withQemuImg(
	'Linux makes a file system, mounts it, discards what it does not use, and finds its files after another boot, by virtio-mmio of version 1',
	async (t) => {
		t.timeout(2 * longPatience + margin)
		const file = join(await testFolder(t), 'a.qcow2')
		await qemuImg('create', '-q', '-f', 'qcow2', '-o', 'cluster_size=4k', file, '64M')
		const drives = [{file, format: 'qcow2', discard: 'unmap'} as const]
		const write = `
		mke2fs -F /dev/vda >/dev/null 2>&1
		mkdir -p /mnt && mount -t ext4 /dev/vda /mnt
		dd if=/dev/urandom of=/mnt/one bs=1M count=10 2>/dev/null
		dd if=/dev/urandom of=/mnt/two bs=1M count=10 2>/dev/null
		sync && rm /mnt/one && sync && fstrim -v /mnt
		cd /mnt && sha256sum two && cd / && umount /mnt`
		const read = 'mkdir -p /mnt && mount -t ext4 /dev/vda /mnt && cd /mnt && sha256sum two && cd / && umount /mnt'
		const first = await shell(t, write.replaceAll('\t', ''), {drives, virtioMmioVersion: 1})
		if (first === undefined) return
		t.deepEqual(await checkImage(file), {corruptions: 0, leaks: 0})
		t.regex(first, /^\/mnt: \d+ bytes trimmed/m)
		const [sum] = /^[0-9a-f]{64} {2}two/m.exec(first) ?? ['no sum']
		const second = await shell(t, read, {smp: 1, drives, virtioMmioVersion: 1})
		t.true(second?.includes(sum))
	},
)

test('a guest that reboots finds what it wrote to a snapshot and to a port, and the image stays as it was', async (t) => {
	t.timeout(longPatience + margin)
	const guest = await fetchedGuest(t, 'debian')
	if (!guest) return
	const file = join(await testFolder(t), 'a.raw')
	await writeFile(file, Buffer.alloc(mebibyte))
	const written = `${file}.port`
	await writeFile(written, 'of an earlier run')
	const {kernel, initrd} = guest as {kernel: string; initrd: string}
	const machine = ['run', '--smp', '1', '-m', '256M', '--kernel', kernel, '--initrd', initrd, '--append', 'quiet']
	const input =
		'echo marked > /dev/vda; sync; echo one > $(ls /dev/vport*); reboot -f\nhead -c 6 /dev/vda | tr a-z A-Z; echo two > $(ls /dev/vport*); poweroff -f\n'
	const disk = ['-drive', `file=${file},format=raw`, '-snapshot', '--input', input]
	const port = ['-device', 'virtio-serial-device', '-device', 'virtserialport,chardev=a,name=log']
	const ports = ['-chardev', `file,id=a,path=${written}`, ...port]
	const {exitCode, stdout} = await manyhart([...machine, ...disk, ...ports], {timeout: longPatience})
	t.is(exitCode, 0)
	t.regex(stdout, /^MARKED/m)
	t.true((await readFile(file)).every((byte) => byte === 0))
	t.is(await readFile(written, 'utf8'), 'one\ntwo\n')
})

withQemuImg('whatever moment it is killed at, the image has no corruptions, and what was safe is there', async (t) => {
	t.timeout(5 * longPatience + margin)
	const guest = await fetchedGuest(t, 'debian')
	if (!guest) return
	const file = join(await testFolder(t), 'a.qcow2')
	await qemuImg('create', '-q', '-f', 'qcow2', '-o', 'cluster_size=4k', file, '128M')
	const kills = new KillTest({file, guest, seed: 1})
	for (let kill = 0; kill < 5; kill++) t.like(await kills.run(), {lost: [], corruptions: 0})
})
