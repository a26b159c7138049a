import test from 'ava'
import {Random} from '../support/random.ts'
import {VirtualClock} from '../support/virtual-clock.ts'
import {connectPeers, type LinkFaults, Peer, type PeerPlan} from './link.ts'

function plan(random: Random, salt: number): PeerPlan {
	return {
		salt,
		bytes: random.pick([0, 1, random.below(2000), random.below(100_000)]),
		buffer: random.pick([100, 1460, 5000, 65_536, 1 << 20]),
		pause: random.pick([0, 0, 5, 300]),
		chunk: random.pick([1 + random.below(3000), 8192, 65_536]),
	}
}

/** @returns what went wrong, or undefined. */
function exchange(seed: number): string | undefined {
	const random = new Random(seed)
	const clock = new VirtualClock()
	const worst: LinkFaults = {
		loss: random.pick([0, 0.01, 0.1, 0.15]),
		doubled: random.pick([0, 0.05, 0.3]),
		full: random.pick([0, 0, 0.1, 0.5]),
		delay: random.pick([
			[0, 0],
			[1, 3],
			[0, 60],
		] as const),
	}
	const parts = {clock, random, faults: () => worst}
	const [client, server] = [new Peer(plan(random, 1), parts), new Peer(plan(random, 77), parts)]
	const sizes = () => ({
		maximumSegment: random.pick([200, 536, 1460, 8960]),
		sendLimit: random.pick([16_384, 65_536]),
		receiveCapacity: random.pick([16_384, 131_072, 1 << 20]),
		...(random.chance(0.3) && {largestPiece: 30_000}),
	})
	connectPeers(client, server, {client: sizes(), server: sizes()})
	let steps = 0
	while (!(client.over && server.over) && clock.step()) if (++steps > 1_000_000) return `seed ${seed}: it does not end`
	const faults = [client, server].flatMap((peer) => [
		...(peer.wrong >= 0 ? [`wrong at ${peer.wrong}`] : []),
		...(peer.received === peer.other.written ? [] : [`${peer.received} of ${peer.other.written} bytes`]),
		...(peer.hasEnded ? [] : ['no end']),
		...(peer.over === 'closed' ? [] : [`over: ${peer.over}`]),
	])
	if (clock.pending > 0 && faults.length === 0) {
		// A segment may be under way yet, or a reader pause; nothing else.
		clock.pass(1000)
		if (clock.pending > 0) faults.push(`${clock.pending} timers left`)
	}
	return faults.length > 0 ? `seed ${seed}: ${faults.join(', ')}` : undefined
}

const seeds = Number(process.env.TCP_SEEDS ?? 1500)
const first = Number(process.env.TCP_FIRST_SEED ?? 0)

test('whatever the link loses, doubles, delays and refuses, both sides get all bytes and both ends', (t) => {
	const failed: string[] = []
	for (let seed = first; seed < first + seeds && failed.length < 5; seed++) {
		const fault = exchange(seed)
		if (fault) failed.push(fault)
	}
	t.deepEqual(failed, [])
})
