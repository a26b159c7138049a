/** virtio-rng: fills the guest's buffers with random bytes from the host, on the thread that notifies. */
import type {Broken, Chain} from './chain.ts'
import type {VirtioDevice} from './virtio-device.ts'
import type {Virtqueue} from './virtqueue.ts'

/** Per chain, so that the vCPU is not held up. A device may fill less than the buffer (virtio 1.2, 5.4.6). */
const maximumBytes = 65_536

export class VirtioRng implements VirtioDevice {
	readonly id = 4
	readonly queueCount = 1
	readonly features = 0
	readonly #fillRandom: (bytes: Uint8Array<ArrayBuffer>) => void

	constructor(fillRandom: (bytes: Uint8Array<ArrayBuffer>) => void) {
		this.#fillRandom = fillRandom
	}

	serve(queue: Virtqueue): 'used' | 'idle' | Broken {
		// Bounded, so that a driver that keeps making chains available cannot hold the thread here.
		for (let served = 0; served < queue.get('size'); served++) {
			const next = queue.next()
			if (next.kind === 'broken') return next
			if (next.kind === 'empty') return served > 0 ? 'used' : 'idle'
			queue.giveBack(next.chain, this.#fill(queue, next.chain))
		}
		return 'used'
	}

	/** @returns bytes written. */
	#fill(queue: Virtqueue, chain: Chain): number {
		let written = 0
		for (const {gpa, length, access} of chain.buffers) {
			if (access === 'device-reads') continue
			// Through a private array: the host's generator does not fill shared memory.
			const random = new Uint8Array(Math.min(length, maximumBytes - written))
			this.#fillRandom(random)
			queue.ram.write(gpa, random)
			written += random.length
		}
		return written
	}
}
