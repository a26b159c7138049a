import test from 'ava'
import {parseSeconds, parseSize, parseSmp} from '../../../src/main/command-line/quantities.ts'

const MiB = 2 ** 20

test('sizes take suffixes, and mean MiB without one', (t) => {
	t.is(parseSize('512', '-m'), 512 * MiB)
	t.is(parseSize('512M', '-m'), 512 * MiB)
	t.is(parseSize('1g', '-m'), 1024 * MiB)
	t.is(parseSize('1.5G', '-m'), 1536 * MiB)
	t.is(parseSize('size=64k', '-m'), 65_536)
	t.is(parseSize('8192B', '-m'), 8192)
})

test('a size is rounded up to 8 KiB, as in QEMU', (t) => {
	t.is(parseSize('268435457b', '-m'), 0x1000_2000)
	t.is(parseSize('1b', '-m'), 8192)
})

for (const text of ['', '0', '-1', '1X', 'G', '1 G', '0.1B', '999999999T']) {
	test(`the size ${JSON.stringify(text)} is refused in one line`, (t) => {
		const {message} = t.throws(() => parseSize(text, '--memory'), {name: 'UserError'})
		t.regex(message, /^Expected --memory to be a size such as 512M or 1G, got \S/)
	})
}

test('harts are a number, cpus=, or the product of a topology', (t) => {
	t.is(parseSmp('4'), 4)
	t.is(parseSmp('cpus=8'), 8)
	t.is(parseSmp('4,sockets=1,cores=4,threads=1'), 4)
	t.is(parseSmp('sockets=2,cores=3'), 6)
	t.is(parseSmp('64'), 64)
	t.is(parseSmp('maxcpus=8'), 8)
	t.is(parseSmp('2,maxcpus=4'), 2)
	t.is(parseSmp('4,sockets=2'), 4)
})

for (const text of [
	'4,sockets=3',
	'4,maxcpus=2',
	'4,sockets=1,cores=2,threads=1',
	'4,cores=0',
	'2,maxcpus=3,cores=2',
]) {
	test(`--smp ${text} is refused, as by QEMU: its topology has another number of harts`, (t) => {
		const {message} = t.throws(() => parseSmp(text), {name: 'UserError'})
		t.is(message, `Expected --smp with a topology that has as many harts, got ${text}`)
	})
}

for (const text of ['0', '65', '-1', 'four', '', '4,', '4,4', 'cpus=', 'harts=2', 'cores=9,threads=9']) {
	test(`--smp ${JSON.stringify(text)} is refused`, (t) => {
		const {message} = t.throws(() => parseSmp(text), {name: 'UserError'})
		t.true(message.startsWith('Expected --smp from 1 to 64, got '))
	})
}

test('a time limit is a number above 0', (t) => {
	t.is(parseSeconds('0.5', '--timeout'), 0.5)
	for (const text of ['0', '-1', 'x', '1e9', '9999999'])
		t.throws(() => parseSeconds(text, '--timeout'), {
			message: `Expected --timeout to be a number of seconds above 0, 2147483 at most, got ${text}`,
		})
})
