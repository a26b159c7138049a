/** Debian's kernel with a balloon: what it does without is no memory of the host's any more. */
import {readFileSync} from 'node:fs'
import test from 'ava'
import {Machine} from '../../src/main/index.ts'
import {eventually} from '../support/eventually.ts'
import {longPatience, margin} from '../support/patience.ts'
import {testTranslation} from '../support/translation.ts'
import {fetchedGuest, trouble} from './boot-guest.ts'

const mebibyte = 2 ** 20
const resident = () => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))![1]) * 1024

const onLinux = process.platform === 'linux' ? test.serial : test.serial.skip

onLinux('memory that is free in the guest, or in its balloon, goes back to the host', async (t) => {
	t.timeout(longPatience + margin)
	const guest = await fetchedGuest(t, 'debian')
	if (!guest) return
	const memory = 512 * mebibyte
	const signal = AbortSignal.timeout(longPatience)
	const balloon = {freePageReporting: true}
	const rest = {...testTranslation(), balloon, signal}
	await using machine = await Machine.create({smp: 1, memory, ...guest, ...rest})
	const running = machine.run()
	let text = ''
	const reading = (async () => {
		for await (const bytes of machine.console) text += Buffer.from(bytes).toString('latin1')
	})()
	const says = (what: string) => eventually(() => text.includes(what), `the guest says ${what}`)
	await says('~ # ')
	const fill = 'mkdir -p /mnt; mount -t tmpfs none /mnt; dd if=/dev/zero of=/mnt/file bs=1M count=200'
	machine.console.write(`${fill}; echo is''full\n`)
	await says('isfull')
	const full = resident()
	machine.console.write('rm /mnt/file; echo is""empty\n')
	await says('isempty')
	await eventually(() => resident() < full - 100 * mebibyte, 'the host has the pages back')

	await machine.resizeBalloon(256 * mebibyte)
	const size = () => machine.statistics().balloon!.guestBytes
	await eventually(() => size() === 256 * mebibyte, 'the guest has filled its balloon')
	await machine.resizeBalloon(memory)
	await eventually(() => size() === memory, 'the guest has emptied its balloon')
	machine.console.write(`${fill}; cmp -n 200000000 /mnt/file /dev/zero && echo is""sound; poweroff -f\n`)
	t.deepEqual(await running, {reason: 'power-off', exitCode: 0})
	await reading
	t.true(text.includes('issound'))
	t.notRegex(text, trouble)
})
