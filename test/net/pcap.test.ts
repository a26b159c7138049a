import {execFileSync} from 'node:child_process'
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test from 'ava'
import {PcapDump} from '../../src/net/pcap.ts'
import {VirtualClock} from './support/virtual-clock.ts'

const folder = mkdtempSync(join(tmpdir(), 'pcap-'))
test.after.always(() => rmSync(folder, {recursive: true}))

test('frames are written with their time in nanoseconds, a little later or when the dump is closed', (t) => {
	const file = join(folder, 'one.pcap')
	const clock = new VirtualClock()
	const dump = new PcapDump(file, {clock, wallClock: () => 1_700_000_000_123.5, report: () => t.fail()})
	dump.append(Uint8Array.of(1, 2, 3))
	t.is(readFileSync(file).length, 24)
	clock.pass(300)
	dump.append(new Uint8Array(1514))
	dump.close()
	dump.append(new Uint8Array(10))
	const bytes = readFileSync(file)
	t.is(bytes.toString('hex', 0, 24), '4d3cb2a1' + '02000400' + '00000000' + '00000000' + '00000400' + '01000000')
	t.is(bytes.readUInt32LE(24), 1_700_000_000)
	t.is(bytes.readUInt32LE(28), 123_500_000)
	t.is(bytes.toString('hex', 32, 43), '03000000' + '03000000' + '010203')
	t.is(bytes.length, 24 + 16 + 3 + 16 + 1514)
	t.is(clock.pending, 0)
	if (existsSync('/usr/bin/tcpdump')) t.notThrows(() => execFileSync('tcpdump', ['-r', file], {stdio: 'pipe'}))
})

test('a full disk ends the dump with one line', (t) => {
	const lines: string[] = []
	let room = 100
	const clock = new VirtualClock()
	const file = join(folder, 'full.pcap')
	const dump = new PcapDump(file, {
		clock,
		wallClock: () => 0,
		report: (line) => lines.push(line),
		write: (_file, bytes, from) => {
			// A short write first, as files do.
			const written = Math.min(room, bytes.length - from)
			if (written === 0) throw Object.assign(new Error('no space'), {code: 'ENOSPC'})
			room -= written
			return written
		},
	})
	for (let count = 0; count < 1000; count++) dump.append(new Uint8Array(1500))
	dump.close()
	t.deepEqual(lines, [`The dump of network packets ends: ${file}: the disk is full`])
})

test('a file that cannot be made is one line', (t) => {
	const parts = {clock: new VirtualClock(), wallClock: () => 0, report: () => {}}
	const path = join(folder, 'missing', 'x.pcap')
	const error = t.throws(() => new PcapDump(path, parts))
	t.is(error.message, `Expected a file for network packets that can be written, got ${path}: there is no such folder`)
})
