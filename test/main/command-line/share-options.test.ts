import test from 'ava'
import {isShare, parseShares} from '../../../src/main/command-line/share-options.ts'

const shares: readonly (readonly [text: string, path: string, rest?: object])[] = [
	['.', '.'],
	['/home/me/src', '/home/me/src'],
	['/src:work', '/src', {tag: 'work'}],
	['/src:ro', '/src', {readOnly: true}],
	['/src:rw', '/src'],
	['/src:work:ro', '/src', {tag: 'work', readOnly: true}],
	['/src::ro', '/src', {readOnly: true}],
	['/a:b:', '/a:b'],
	['/a:b:work', '/a:b', {tag: 'work'}],
	['/a:b/c', '/a:b/c'],
	['./ro', './ro'],
]
for (const [text, path, rest] of shares)
	test(`--share ${text}`, (t) => {
		t.deepEqual(parseShares({share: [text]}), [{path, ...rest}])
	})

test("QEMU's -virtfs is taken with its keys", (t) => {
	t.deepEqual(
		parseShares({
			virtfs: [
				'local,path=/a,mount_tag=one,security_model=none',
				'local,path=/b,,c,mount_tag=two,security_model=passthrough,readonly=on,id=x,multidevs=forbid',
				'fsdriver=local,path=/c,mount_tag=three,security_model=none,readonly,multidevs=warn',
			],
		}),
		[
			{path: '/a', tag: 'one', securityModel: 'none'},
			{path: '/b,c', tag: 'two', securityModel: 'passthrough', readOnly: true, multidevs: 'forbid'},
			{path: '/c', tag: 'three', securityModel: 'none', readOnly: true},
		],
	)
})

test('a device shows the folder of an fsdev, which may have several', (t) => {
	t.true(isShare('virtio-9p-device,fsdev=a,mount_tag=one'))
	t.false(isShare('virtio-blk-device,drive=a'))
	t.deepEqual(
		parseShares({
			fsdev: ['local,id=a,path=/a,security_model=none', 'local,id=b,path=/b,security_model=none'],
			device: [
				'virtio-rng-device',
				'virtio-9p-device,fsdev=a,mount_tag=one',
				'virtio-blk-device,drive=d',
				'virtio-9p-device,fsdev=a,mount_tag=two,id=x',
			],
		}),
		[
			{path: '/a', tag: 'one', securityModel: 'none'},
			{path: '/a', tag: 'two', securityModel: 'none'},
		],
	)
})

const wrong: readonly (readonly [Parameters<typeof parseShares>[0], string | RegExp])[] = [
	[{share: ['']}, 'Expected --share PATH[:TAG][:ro], got ""'],
	[{share: [':tag']}, 'Expected --share PATH[:TAG][:ro], got :tag'],
	[
		{virtfs: ['proxy,socket=/x,mount_tag=a']},
		'Expected --virtfs local, the only kind, got proxy,socket=/x,mount_tag=a',
	],
	[{virtfs: ['local,path=/a,security_model=none']}, /^Expected --virtfs local with mount_tag=TAG, got /],
	[{virtfs: ['local,mount_tag=a,security_model=none']}, /^Expected path=FOLDER, got /],
	[{virtfs: ['local,path=/a,mount_tag=a']}, /^Expected security_model=none or passthrough, got /],
	[
		{virtfs: ['local,path=/a,mount_tag=a,security_model=mapped-xattr']},
		'Expected security_model=none or passthrough: Node has no extended attributes, got mapped-xattr',
	],
	[{virtfs: ['local,path=/a,mount_tag=a,security_model=x']}, /^Expected security_model=none or passthrough, got x/],
	[{virtfs: ['local,path=/a,mount_tag=a,security_model=none,readonly=x']}, 'Expected readonly=on or off, got x'],
	[
		{virtfs: ['local,path=/a,mount_tag=a,security_model=none,multidevs=x']},
		/^Expected multidevs=remap, forbid or warn/,
	],
	[{virtfs: ['local,path=/a,mount_tag=a,security_model=none,writeout=immediate']}, /^Expected no writeout/],
	[{virtfs: ['local,path=/a,colour=red']}, /^Expected --virtfs with keys among .*, got colour=red/],
	[{fsdev: ['local,path=/a,security_model=none']}, /^Expected --fsdev local with id=ID, got /],
	[
		{fsdev: ['local,id=a,path=/a,security_model=none', 'local,id=a,path=/b,security_model=none']},
		"Duplicate ID 'a' for fsdev",
	],
	[{device: ['virtio-9p-device,mount_tag=a']}, /^Expected --device virtio-9p-device,fsdev=ID,mount_tag=TAG, got /],
	[
		{device: ['virtio-9p-device,fsdev=a,mount_tag=a']},
		'Expected --fsdev local with id=a, which --device names, got none',
	],
]
for (const [raw, message] of wrong)
	test(`refused: ${JSON.stringify(raw)}`, (t) => {
		t.throws(() => parseShares(raw), {name: 'UserError', message})
	})
