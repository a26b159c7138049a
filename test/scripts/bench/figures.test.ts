import test from 'ava'
import {compareChecks, requireFigures, secondsOf} from '../../../scripts/bench/figures.ts'
import {parseFigures} from '../../../src/bench/index.ts'

const console =
	'Linux\r\nbench crc32 1500000000 ns, check 0x4db8402c\r\nbench n-body 5 ns, check 0x0\r\nbench: passed\r\n'

test('figures are read from a console with other lines in it', (t) => {
	const figures = parseFigures(console)
	t.deepEqual([...figures.keys()], ['crc32', 'n-body'])
	t.deepEqual(figures.get('crc32'), {seconds: 1.5, check: '4db8402c'})
	t.deepEqual(secondsOf(figures), {crc32: 1.5, 'n-body': 5e-9})
})

test('half a line is no figure', (t) => {
	t.is(parseFigures('bench crc32 1500 ns, check').size, 0)
	t.is(parseFigures('a bench crc32 1500 ns, check 0x1').size, 0)
})

test('a program without a figure is an error that names it', (t) => {
	const missing = (name: string) => `no ${name}`
	t.deepEqual([...requireFigures(parseFigures(console), ['n-body'], missing).keys()], ['n-body'])
	t.throws(() => requireFigures(parseFigures(console), ['crc32', 'fft'], missing), {message: 'no fft'})
})

test('other checksums than under QEMU are an error', (t) => {
	const ours = parseFigures(console)
	const peerName = 'QEMU'
	t.notThrows(() => compareChecks({ours, peer: ours, peerName}))
	const peer = parseFigures(console.replace('0x0', '0x1'))
	t.throws(() => compareChecks({ours, peer, peerName}), {message: 'n-body computes 0x0 here, 0x1 under QEMU'})
})
