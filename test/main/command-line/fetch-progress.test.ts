import {PassThrough} from 'node:stream'
import test from 'ava'
import {fetchWithProgress, RemainingTime} from '../../../src/main/command-line/fetch-progress.ts'
import type {GuestLibrary} from '../../../src/main/command-line/guest-library.ts'
import {writtenText} from './written-text.ts'

test('the remaining time is told once something is done, from where this fetch began', (t) => {
	const time = new RemainingTime()
	t.is(time.at(0.5, 1_000), '')
	t.is(time.at(0.51, 100_000), '', 'too little to tell')
	t.is(time.at(0.6, 120_000), 'about 8 min left')
	t.is(time.at(0.9, 200_000), 'about 50 s left')
	t.is(time.at(1, 210_000), '')
	t.is(time.at(undefined, 0), '')
})

test('what an earlier fetch has done is not counted as fast', (t) => {
	const time = new RemainingTime()
	t.is(time.at(0, 0), '')
	for (const [index, fraction] of [0.2, 0.25, 0.6].entries()) t.is(time.at(fraction, 1_000 * (index + 1)), '')
	t.is(time.at(0.61, 53_000), '', 'too little to tell')
	t.is(time.at(0.65, 253_000), 'about 30 min left', '0.05 in 250 s, and 0.35 to go')
})

test('without a terminal each step and each tenth is a line', async (t) => {
	const stderr = new PassThrough()
	const fetchGuest: GuestLibrary['fetchGuest'] = async (_, {onProgress} = {}) => {
		for (const fraction of [0.01, 0.02, 0.1, 0.19]) onProgress?.({step: 'one', fraction})
		onProgress?.({step: 'two', fraction: 0.19})
		onProgress?.({step: 'three'})
	}
	const guests = {fetchGuest} as GuestLibrary
	const stream = stderr as unknown as NodeJS.WriteStream
	await fetchWithProgress('debian', {guests, signal: new AbortController().signal, stream})
	t.is(writtenText(stderr), ['one', 'one', 'two', 'three'].map((step) => `manyhart: debian: ${step}\n`).join(''))
})

test('of a long name, such as that of a guest with many packages, as much is shown as a line has room for', async (t) => {
	const stderr = new PassThrough()
	const fetchGuest: GuestLibrary['fetchGuest'] = async (_, {onProgress} = {}) => onProgress?.({step: 'one'})
	const stream = stderr as unknown as NodeJS.WriteStream
	const options = {guests: {fetchGuest} as GuestLibrary, signal: new AbortController().signal, stream}
	await fetchWithProgress('debian-full:gcc,git,python3,redis,sqlite3', options)
	t.is(writtenText(stderr), 'manyhart: debian-full:gcc,git,pyt…: one\n')
})
