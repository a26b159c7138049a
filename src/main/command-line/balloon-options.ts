/** `--device virtio-balloon-device`: QEMU's spelling of the balloon. */
import {expected} from '../../errors.ts'
import type {BalloonOptions} from '../balloon.ts'
import {KeyValues} from './key-values.ts'
import {quoted} from './quantities.ts'

const driver = /^virtio-balloon(?:-device)?(?:,|$)/
export const isBalloon = (device: string): boolean => driver.test(device)

/** @returns undefined if there is none. @throws UserError */
export function parseBalloon({device = []}: Readonly<{device?: readonly string[]}>): BalloonOptions | undefined {
	const [text, other] = device.filter(isBalloon)
	if (text === undefined) return undefined
	if (other !== undefined)
		throw expected('one --device virtio-balloon-device, as a guest has one balloon', quoted(other))
	const keys = KeyValues.parse(text.replace(driver, ''), {
		option: '--device virtio-balloon-device',
		known: ['free-page-reporting', 'deflate-on-oom', 'id'],
		refused: {'free-page-hint': 'hints are for moving a machine to another host'},
	})
	return {
		...(keys.flag('free-page-reporting', false) && {freePageReporting: true}),
		...(keys.flag('deflate-on-oom', false) && {deflateOnOom: true}),
	}
}
