/** A guest on a disk, of few packages: its build is interrupted and goes on, its disk is whole, and runs on it begin alike. */
import {mkdir, readdir, readFile} from 'node:fs/promises'
import {join} from 'node:path'
import test from 'ava'
import {guestDrives} from '../../src/main/command-line/guest-drives.ts'
import {fetchDiskGuest} from '../../src/main/guests/disk-guest.ts'
import {type GuestParts, Machine, type MachineOptions} from '../../src/main/index.ts'
import {testFolder} from '../disk/images.ts'
import {checkImage, hasQemuImg} from '../disk/qemu-img.ts'
import {longPatience, margin} from '../support/patience.ts'
import {testTranslation} from '../support/translation.ts'
import {ifItCanBeHad, trouble} from './boot-guest.ts'

const mebibyte = 2 ** 20
// What dpkg asks for, and what the commands below are.
const few = 'base-files base-passwd coreutils dash diffutils dpkg e2fsprogs findutils grep libc-bin mawk sed'.split(' ')
// Without mount: by the kernel, which then powers off.
const powerOff = 'sync; for key in u o; do echo $key > /proc/sysrq-trigger; sleep 1; done'

test('a disk is built in a guest, also by one that goes on where another was ended, and is used by overlays', async (t) => {
	t.timeout(3 * longPatience + margin)
	const folder = await testFolder(t)
	const guest = join(folder, 'guest')
	const aptFolder = join(folder, 'apt')
	const options = {aptFolder, folder: guest, packages: ['hostname'], essential: few, isFinished: false}

	// The first one is ended while packages are installed.
	const interrupted = new AbortController()
	const enough = new Error('enough')
	const found = await ifItCanBeHad(t, 'Debian', async () => {
		await fetchDiskGuest({
			...options,
			signal: interrupted.signal,
			onProgress: ({step, fraction}) => {
				if (step === 'installing the essential packages' && fraction! > 0.35) interrupted.abort(enough)
			},
		}).catch((error) => {
			if (error !== enough) throw error
		})
		return true
	})
	if (!found) return
	t.deepEqual((await readdir(folder)).sort(), ['apt', 'guest.building'], 'no half of a guest is there')
	const disk = (await readdir(join(folder, 'guest.building/guest'))).find((name) => name.startsWith('disk-'))!

	const steps: string[] = []
	await fetchDiskGuest({...options, onProgress: ({step}) => step !== steps.at(-1) && steps.push(step)})
	t.false(steps.includes('unpacking the essential packages'), 'what was done is not done again')
	t.deepEqual(await readdir(folder), ['guest'])
	t.deepEqual((await readdir(guest)).sort(), [disk, 'guest.json', 'initrd', 'kernel', 'status'])
	if (hasQemuImg) t.deepEqual(await checkImage(join(guest, disk)), {corruptions: 0, leaks: 0})
	t.regex(await readFile(join(guest, 'status'), 'utf8'), /^Package: hostname\nStatus: install ok installed$/m)

	const share = join(folder, 'share')
	await mkdir(share)
	const parts: GuestParts = {
		kernel: join(guest, 'kernel'),
		initrd: join(guest, 'initrd'),
		// No notices of the kernel between the lines of a command.
		append: 'console=ttyS0,115200n8r loglevel=5 root=/dev/vda init=/bin/sh',
		drives: [{file: join(guest, disk), format: 'qcow2', snapshot: true}],
	}
	const machineOn = async (drives: GuestParts['drives'], options: Partial<MachineOptions> = {}) =>
		await Machine.create({
			smp: 1,
			memory: 512 * mebibyte,
			...parts,
			drives: drives!,
			shares: [{path: share, tag: 'work'}],
			signal: AbortSignal.timeout(longPatience),
			...testTranslation(),
			...options,
		})

	const commands = [
		'dpkg --audit && dpkg-query --list | grep -c ^ii',
		'stat -c %U:%G:%a /usr/bin/dpkg /etc/passwd; find / -xdev ! -user root | wc -l',
		'hostname; echo kept > /kept; echo shared > /mnt/work/file',
		powerOff,
	]
	{
		await using machine = await machineOn(parts.drives)
		const running = machine.run()
		let text = ''
		let isTyped = false
		for await (const bytes of machine.console) {
			text += Buffer.from(bytes).toString('latin1')
			if (!isTyped && /^# $/m.test(text)) {
				isTyped = true
				machine.console.write(`${commands.join('; ')}\n`)
			}
		}
		t.deepEqual(await running, {reason: 'power-off', exitCode: 0})
		t.notRegex(text, trouble)
		t.regex(text.replaceAll('\r', ''), /^root:root:755\nroot:root:644\n0\n/m)
		t.is(await readFile(join(share, 'file'), 'utf8'), 'shared\n')
	}

	// By the agent, which mounts the folders where the host has them.
	const overlay = await guestDrives(parts.drives!, {overlay: join(folder, 'overlay.qcow2'), say: t.log.bind(t)})
	const inGuest = async (script: string) => {
		await using machine = await machineOn(overlay, {agent: 'alone', networks: ['user']})
		const running = machine.run()
		const {stdout, exitCode} = await machine.exec(['sh', '-c', script])
		const out = Buffer.concat(await Array.fromAsync(stdout)).toString()
		t.is(await exitCode, 0)
		await machine.exec(['sh', '-c', powerOff])
		t.deepEqual(await running, {reason: 'power-off', exitCode: 0})
		return out
	}
	const link = 'ln -sf ../run/by/a-service /etc/resolv.conf'
	t.is(
		await inGuest(`cat /kept 2>&1; echo kept > /kept; ${link}; pwd; cat file; ls /mnt`),
		`cat: /kept: No such file or directory\n${share}\nshared\n`,
		'the first one’s writes are gone',
	)
	t.is(
		await inGuest('cat /kept /etc/resolv.conf; ls -l /etc/resolv.conf | grep -o "[^ ]*$"'),
		`kept\nnameserver 10.0.2.3\n../run/by/a-service\n`,
	)
	if (hasQemuImg) t.deepEqual(await checkImage(join(folder, 'overlay.qcow2')), {corruptions: 0, leaks: 0})
})
