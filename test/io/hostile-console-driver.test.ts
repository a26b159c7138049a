import test from 'ava'
import {ControlQueue, receiveQueue, transmitQueue} from '../../src/io/console-config.ts'
import {ramBase} from '../../src/memory/index.ts'
import {Random} from '../net/support/random.ts'
import {consoleDriver} from './console-driver.ts'

/** All queues with what a driver may write that is mad; ends that are full or quick, and that send. @returns bytes that ends got. */
async function attack(seed: number): Promise<number> {
	const random = new Random(seed)
	const driver = consoleDriver({ports: ['one', 'two'], isFull: [random.chance(0.5), random.chance(0.5)]})
	const {queues, server, links} = driver
	for (let step = 0; step < 300; step++) {
		const port = random.pick([0, 1, 2])
		switch (random.below(12)) {
			case 0:
				driver.setUp()
				break
			case 1:
				queues[0]!.view.setUint32(random.below(0x4_0000 / 4) * 4, random.next(), true)
				break
			case 2:
				links[random.below(2)]!.send(new Uint8Array(random.pick([1, 100, 5000, 200_000])))
				break
			case 3:
				links[random.below(2)]!.drained()
				break
			case 4:
				links[random.below(2)]!.connect(random.chance(0.5))
				break
			case 5:
				for (let count = random.below(400); count > 0; count--) driver.control(1, 3, 1)
				break
			case 6:
				await new Promise(setImmediate)
				break
			case 7:
			case 8:
				driver.control(random.pick([0, 1, 2, 3, random.next()]), random.below(10), random.below(3))
				break
			default: {
				const queue = random.pick([
					receiveQueue(port),
					transmitQueue(port),
					ControlQueue.receive,
					ControlQueue.transmit,
				])
				const rings = queues[queue]!
				const first = random.below(16)
				rings.describeChain(
					first,
					Array.from({length: 1 + random.below(3)}, () => ({
						gpa: random.chance(0.95) ? ramBase + 0x5_0000 + random.below(0x1_0000) : random.next(),
						length: random.chance(0.95) ? random.below(70_000) : random.next(),
						flags: random.chance(0.9) ? (queue % 2) * -2 + 2 : random.below(8),
					})),
				)
				rings.offer(random.chance(0.95) ? first : random.below(70_000))
				rings.notify()
			}
		}
		server.serve()
	}
	await server.close()
	// Still of use after all that.
	const plain = consoleDriver({ports: ['one']})
	plain.write(1, Buffer.from('x'))
	return driver.got.reduce((sum, text) => sum + text.length, 0) + plain.got[0]!.length
}

test('a driver that does what it should not breaks nothing', async (t) => {
	const first = Math.floor(Math.random() * 2 ** 31)
	t.log(`seed ${first}`)
	let bytes = 0
	for (let seed = first; seed < first + 40; seed++) bytes += await attack(seed)
	t.true(bytes > 40)
})
