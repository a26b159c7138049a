/** A network whose host and clock are the test's, and what tests write and read in hexadecimal. */
import type {UserNetworkSettings} from '../../../src/net/settings.ts'
import {FakeHost} from './fake-host.ts'
import {Guest} from './guest.ts'
import {VirtualClock} from './virtual-clock.ts'

export function start(settings: Partial<UserNetworkSettings> = {}, buffers = Infinity) {
	const clock = new VirtualClock()
	const host = new FakeHost()
	const guest = new Guest({host, clock, settings, buffers})
	return {clock, host, guest, network: guest.network, settle: () => clock.settle()}
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
export const fromHex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'))

/** A DNS query of the address of `example`. */
export const query = fromHex('4242 0100 0001 0000 0000 0001 076578616d706c65 00 0001 0001 00 0029 1000 0000 0000 0000')
