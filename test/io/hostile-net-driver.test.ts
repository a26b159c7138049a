import test from 'ava'
import {NetFeature, netDevice} from '../../src/io/net-config.ts'
import {type DeviceLink, NetServer} from '../../src/io/net-server.ts'
import {GuestRam, ramBase} from '../../src/memory/index.ts'
import {createBoard} from '../board/support.ts'
import {Feature, Flag, queueDriver} from '../board/virtio/queue-driver.ts'
import {Random} from '../net/support/random.ts'

const mac = Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x56)
const size = 16
/** Rings of both queues are before this, buffers after it. */
const buffers = 0x8000

/** Both queues with what a driver may write that is mad. @returns frames that the network got. */
function attack(seed: number): number {
	const random = new Random(seed)
	const machine = createBoard({hart: 0, served: [netDevice({mac, worker: 0})], virtioMmioVersion: 2})
	machine.board.reset()
	const queues = [0, 1].map((queue) => queueDriver(machine, {queue, size, at: ramBase + queue * 0x4000}))
	let frames = 0
	let link: DeviceLink | undefined
	const server = new NetServer({
		queues: machine.board.virtio[1]!.served!,
		ram: new GuestRam(machine.memory),
		connect: (made) => {
			link = made
			return {
				receive: () => frames++,
				ready: () => link!.send(new Uint8Array(random.pick([14, 60, 1514, 65_549])), undefined),
				close: () => {},
			}
		},
	})
	const {write, view} = queues[0]!
	const setUp = () => {
		const features = random.pick([
			0,
			NetFeature.mergedBuffers,
			NetFeature.guestChecksum | NetFeature.guestTso4 | NetFeature.mergedBuffers,
		])
		for (const [index, queue] of queues.entries()) {
			if (index === 0)
				queue.setUp({features: (features | Feature.eventIndex) & ~(random.chance(0.5) ? Feature.indirect : 0)})
			write('queueSelect', index)
			write('queueSize', random.chance(0.97) ? size : random.below(300))
			for (const [register, offset] of [
				['descriptors', 0],
				['driver', 0x1000],
				['device', 0x2000],
			] as const)
				write(register, random.chance(0.99) ? ramBase + index * 0x4000 + offset : random.next())
			write('queueReady', 1)
		}
	}
	setUp()
	for (let step = 0; step < 300; step++) {
		const queue = random.pick(queues)
		switch (random.below(20)) {
			case 0:
				setUp()
				break
			case 1:
				if (random.chance(0.8)) break
				view.setUint32(random.below(buffers / 4) * 4, random.next(), true)
				break
			case 2:
				link!.send(new Uint8Array(random.pick([14, 1514, 9000, 65_549])), {
					segmentBytes: random.pick([0, 1448]),
					checksumStart: 34,
					checksumOffset: 16,
					headerBytes: 54,
				})
				break
			case 3:
				server.serve()
				break
			default: {
				const first = random.below(size)
				queue.describeChain(
					first,
					Array.from({length: 1 + random.below(3)}, () => ({
						gpa: random.chance(0.98) ? ramBase + buffers + random.below(0x4_0000) : random.next(),
						length: random.chance(0.97) ? random.pick([12, 60, 1526, 4096]) : random.pick([0, 1, 70_000, 0xffff_ffff]),
						flags: random.chance(0.95)
							? queue === queues[0]
								? Flag.write
								: 0
							: random.pick([0, Flag.write, Flag.indirect, 0xff]),
					})).slice(0, size - first),
				)
				queue.offer(first)
				queue.notify()
				server.serve()
			}
		}
	}
	void server.close()
	return frames
}

test('no driver makes the network device throw, hang, or touch what is not RAM', (t) => {
	let frames = 0
	for (let seed = 0; seed < 400; seed++) {
		try {
			frames += attack(seed)
		} catch (error) {
			return t.fail(`seed ${seed}: ${(error as Error).stack}`)
		}
	}
	t.true(frames > 1000, `${frames} frames`)
})
