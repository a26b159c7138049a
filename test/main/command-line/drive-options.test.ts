import test from 'ava'
import {parseDrives, type RawDriveOptions} from '../../../src/main/command-line/drive-options.ts'
import type {DriveOptions} from '../../../src/main/index.ts'

const parsed: readonly (readonly [RawDriveOptions, readonly DriveOptions[]])[] = [
	[{}, []],
	[{hda: 'a'}, [{file: 'a'}]],
	[
		{drive: ['file=a,format=raw,if=virtio', 'file=b,,c.img,format=qcow2,readonly=on']},
		[
			{file: 'a', format: 'raw'},
			{file: 'b,c.img', format: 'qcow2', readOnly: true},
		],
	],
	[{drive: ['file=a,readonly']}, [{file: 'a', readOnly: true}]],
	[
		{drive: ['file=a,discard=unmap,cache=none,snapshot=on']},
		[{file: 'a', discard: 'unmap', cache: 'writeback', snapshot: true}],
	],
	[
		{hda: 'a', hdb: 'b', snapshot: true},
		[
			{file: 'a', snapshot: true},
			{file: 'b', snapshot: true},
		],
	],
	[
		{drive: ['file=a,if=none,id=x', 'file=b'], device: ['virtio-rng-device', 'virtio-blk-device,drive=x,serial=s']},
		[{file: 'b'}, {file: 'a', serial: 's'}],
	],
	[{drive: ['file=a,if=none,id=x']}, []],
]
for (const [raw, drives] of parsed)
	test(`${JSON.stringify(raw)} means the disks ${JSON.stringify(drives)}`, (t) => {
		t.deepEqual(parseDrives(raw), drives)
	})

const refused: readonly (readonly [RawDriveOptions, string])[] = [
	[{drive: ['format=raw']}, 'Expected --drive with file=FILE, got format=raw'],
	[{drive: ['file=a,format=vmdk']}, 'Expected format=raw or qcow2, got format=vmdk'],
	[{drive: ['file=a,if=ide']}, 'Expected if=virtio or none, got if=ide'],
	[{drive: ['file=a,readonly=maybe']}, 'Expected --drive with readonly=on or off, got readonly=maybe'],
	[{drive: ['file=a,id=x', 'file=b,id=x']}, "Duplicate ID 'x' for drive"],
	[{device: ['virtio-blk-device']}, '--device virtio-blk-device: drive property not set'],
	[
		{device: ['virtio-blk-device,drive=x']},
		"--device virtio-blk-device,drive=x: Property 'virtio-blk-device.drive' can't find value 'x'",
	],
	[{drive: ['file=a,id=x'], device: ['virtio-blk-device,drive=x']}, "Drive 'x' is already in use by another device"],
	[
		{device: ['e1000']},
		'Expected --device virtio-blk-device,drive=ID, virtio-9p-device,fsdev=ID, virtio-net-device,netdev=ID, virtio-serial-device, virtserialport,chardev=ID, virtio-balloon-device or virtio-rng-device, got e1000',
	],
	[
		{drive: ['file=a,werror=stop']},
		'Expected --drive with keys among file, format, if, id, index, readonly, snapshot, cache, discard, media, got werror=stop',
	],
]
for (const [raw, message] of refused)
	test(`${JSON.stringify(raw)} is refused`, (t) => {
		t.throws(() => parseDrives(raw), {name: 'UserError', message})
	})
