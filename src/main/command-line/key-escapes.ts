/** Keys for manyhart and not for the guest: Ctrl-A and a second key, as in QEMU. */

export type KeyEvent = Readonly<
	| {kind: 'send'; bytes: Uint8Array}
	| {kind: 'quit'}
	| {kind: 'help'}
	/** Ctrl-A and a key without a meaning here; QEMU may have one. */
	| {kind: 'unknown'; key: string}
>

const controlA = 0x01

export const keyHelp = [
	'Ctrl-A x       quit',
	'Ctrl-A h       this help',
	'Ctrl-A Ctrl-A  send one Ctrl-A to the guest',
] as const

const escapes: ReadonlyMap<number, KeyEvent> = new Map<number, KeyEvent>([
	['x'.charCodeAt(0), {kind: 'quit'}],
	['h'.charCodeAt(0), {kind: 'help'}],
	['?'.charCodeAt(0), {kind: 'help'}],
	[controlA, {kind: 'send', bytes: Uint8Array.of(controlA)}],
	['a'.charCodeAt(0), {kind: 'send', bytes: Uint8Array.of(controlA)}],
])

/** Separates the guest's keys from ours. Remembers a Ctrl-A until its second key arrives. */
export class KeyEscapes {
	#pending = false

	/** @returns the events that the keys mean, in order. */
	push(bytes: Uint8Array): KeyEvent[] {
		const events: KeyEvent[] = []
		let start = 0
		for (const [index, byte] of bytes.entries()) {
			if (this.#pending) {
				this.#pending = false
				start = index + 1
				events.push(escapes.get(byte) ?? {kind: 'unknown', key: String.fromCharCode(byte)})
			} else if (byte === controlA) {
				if (index > start) events.push({kind: 'send', bytes: bytes.subarray(start, index)})
				this.#pending = true
				start = index + 1
			}
		}
		if (start < bytes.length) events.push({kind: 'send', bytes: bytes.subarray(start)})
		return events
	}
}
