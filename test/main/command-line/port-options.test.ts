import {execFileSync} from 'node:child_process'
import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {beginPorts, isPortDevice, parsePorts} from '../../../src/main/command-line/port-options.ts'
import {testFolder} from '../../disk/images.ts'

const device = ['virtio-serial-device']

test('a file loses what it had when a run begins, unless it is appended to; a FIFO is not even opened', async (t) => {
	const folder = await testFolder(t)
	const [emptied, kept, fifo] = ['emptied', 'kept', 'fifo'].map((name) => join(folder, name)) as [
		string,
		string,
		string,
	]
	for (const file of [emptied, kept]) writeFileSync(file, 'before')
	execFileSync('mkfifo', [fifo])
	// Opening it would wait for a reader.
	const ports = await beginPorts([
		{name: 'a', file: emptied, replaces: true},
		{name: 'b', file: kept},
		{name: 'c', file: fifo, replaces: true},
		{name: 'd', file: '/dev/null', replaces: true},
	])
	t.deepEqual(ports[0], {name: 'a', file: emptied})
	t.deepEqual(
		[emptied, kept].map((file) => readFileSync(file, 'utf8')),
		['', 'before'],
	)
})

test("QEMU's -chardev and its ports are taken, in the order of the ports", (t) => {
	t.deepEqual(
		parsePorts({
			chardev: [
				'socket,id=a,path=/tmp/a,,b,server=on,wait=off',
				'file,id=b,path=out.txt',
				'file,path=log.txt,append=on,id=c',
				'null,id=d',
				'null,id=unused',
			],
			device: [
				'virtio-blk-device,drive=x',
				'virtio-serial-device,id=bus0,max_ports=8',
				'virtserialport,chardev=c,name=log',
				'virtserialport,chardev=a,name=org.qemu.guest_agent.0,id=p,bus=bus0.0',
				'virtserialport,chardev=b,name=out',
				'virtserialport,chardev=d,name=nothing',
				'virtserialport,name=alone',
			],
		}),
		[
			{name: 'log', file: 'log.txt'},
			{name: 'org.qemu.guest_agent.0', socket: '/tmp/a,b'},
			{name: 'out', file: 'out.txt', replaces: true},
			{name: 'nothing'},
			{name: 'alone'},
		],
	)
	t.deepEqual(parsePorts({}), [])
	t.deepEqual(parsePorts({device}), [])
})

test('devices of ports are told from others', (t) => {
	for (const text of ['virtio-serial-device', 'virtio-serial,id=a', 'virtserialport,name=x']) t.true(isPortDevice(text))
	for (const text of ['virtio-serial-pci', 'virtconsole', 'virtio-net-device']) t.false(isPortDevice(text))
})

const mistakes: readonly (readonly [options: Parameters<typeof parsePorts>[0], message: RegExp])[] = [
	[{chardev: ['pty,id=a']}, /Expected --chardev socket, file or null, got pty,id=a/],
	[{chardev: ['file,path=x']}, /--chardev file with id=ID/],
	[{chardev: ['file,id=x']}, /--chardev file with path=PATH/],
	[{chardev: ['null,id=a', 'null,id=a']}, /Duplicate ID 'a' for chardev/],
	[{chardev: ['socket,id=a,host=localhost,port=4444,server=on,wait=off']}, /a Unix socket, by path=PATH/],
	[{chardev: ['socket,id=a,path=x']}, /with server=on: others connect to it/],
	[{chardev: ['socket,id=a,path=x,server=on']}, /with wait=off: the machine waits for nobody/],
	[{chardev: ['socket,id=a,path=x,server=on,wait=maybe']}, /wait=on or off/],
	[{device: ['virtserialport,name=a']}, /--device virtio-serial-device before virtserialport,name=a/],
	[{device: [...device, ...device]}, /one --device virtio-serial-device/],
	[{device: [...device, 'virtserialport']}, /with name=NAME, by which the guest finds it/],
	[{device: [...device, 'virtserialport,name=a,nr=1']}, /ports have numbers in the order/],
	[{device: [...device, 'virtserialport,name=a,chardev=b']}, /with chardev=ID of a --chardev/],
	[
		{chardev: ['null,id=b'], device: [...device, 'virtserialport,name=a,chardev=b', 'virtserialport,name=c,chardev=b']},
		/one --device for each --chardev/,
	],
]
for (const [options, message] of mistakes)
	test(`ports are refused: ${JSON.stringify(options)}`, (t) => {
		t.throws(() => parsePorts(options), {name: 'UserError', message})
	})
