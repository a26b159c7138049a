/** The balloon of a machine whose guest does not use it. test/boot/balloon.test.ts has a guest that does. */
import test from 'ava'
import {testFolder} from '../disk/images.ts'
import {stay} from './little-guest.ts'
import {createMachine, mebibyte} from './test-machine.ts'

const withBalloon = process.platform === 'linux' ? test.serial : test.serial.skip

withBalloon('a machine is asked to do with less RAM, and says what it was asked for', async (t) => {
	const memory = 8 * mebibyte
	const machine = await createMachine(t, {kernel: stay, memory, balloon: {}})
	t.deepEqual(machine.statistics().balloon, {guestBytes: memory, targetBytes: memory})
	await machine.resizeBalloon(5 * mebibyte + 1)
	t.deepEqual(machine.statistics().balloon, {guestBytes: memory, targetBytes: 5 * mebibyte + 4096}, 'whole pages')
	for (const wrong of [0, memory + 1, 1.5, Number.NaN])
		await t.throwsAsync(machine.resizeBalloon(wrong), {
			name: 'UserError',
			message: `Expected from 1 to ${memory} bytes of RAM for the guest, got ${wrong}`,
		})
	await machine[Symbol.asyncDispose]()
	await t.throwsAsync(machine.resizeBalloon(memory), {
		message: 'Expected a machine with a balloon, got one that was disposed of',
	})
})

test.serial('a machine without a balloon cannot be asked', async (t) => {
	const machine = await createMachine(t, {kernel: stay})
	t.is(machine.statistics().balloon, undefined)
	await t.throwsAsync(machine.resizeBalloon(mebibyte), {
		name: 'UserError',
		message: 'Expected a machine with a balloon (option balloon), got one without',
	})
})

test.serial('a balloon needs a slot, and a world outside', async (t) => {
	const path = await testFolder(t)
	const shares = Array.from({length: 7}, () => ({path}))
	await t.throwsAsync(createMachine(t, {kernel: stay, shares, balloon: {}}), {
		name: 'UserError',
		message: 'Expected a slot that is free for the balloon, got 7 other devices',
	})
	await t.throwsAsync(createMachine(t, {kernel: stay, serial: true, balloon: {}}), {
		name: 'UserError',
		message: /^Expected .*serial.*, got both$/,
	})
})
