import test from 'ava'
import {isBalloon, parseBalloon} from '../../../src/main/command-line/balloon-options.ts'

test("QEMU's spelling of a balloon is taken", (t) => {
	t.is(parseBalloon({}), undefined)
	t.is(parseBalloon({device: ['virtio-rng-device']}), undefined)
	t.deepEqual(parseBalloon({device: ['virtio-balloon-device']}), {})
	t.deepEqual(parseBalloon({device: ['virtio-balloon-device,id=b,free-page-reporting=on,deflate-on-oom=off']}), {
		freePageReporting: true,
	})
	t.deepEqual(parseBalloon({device: ['virtio-balloon,deflate-on-oom']}), {deflateOnOom: true})
	t.false(isBalloon('virtio-balloon-pci'))
})

const refused: readonly (readonly [device: readonly string[], message: RegExp])[] = [
	[
		['virtio-balloon-device', 'virtio-balloon-device'],
		/^Expected one --device virtio-balloon-device, as a guest has one balloon, got /,
	],
	[
		['virtio-balloon-device,size=1'],
		/^Expected --device virtio-balloon-device with keys among free-page-reporting, deflate-on-oom, id, got /,
	],
	[
		['virtio-balloon-device,free-page-hint=on'],
		/^Expected --device virtio-balloon-device without free-page-hint, got .*another host$/,
	],
	[
		['virtio-balloon-device,deflate-on-oom=maybe'],
		/^Expected --device virtio-balloon-device with deflate-on-oom=on or off, got /,
	],
]
for (const [device, message] of refused)
	test(`refused: ${device.join(' ')}`, (t) => {
		t.throws(() => parseBalloon({device}), {name: 'UserError', message})
	})
