import test from 'ava'
import {
	describeStall,
	type Patience,
	Rcu,
	type RcuOptions,
	RetiredList,
	SharedQueue,
	type Stall,
	StallWatch,
	stallLooks,
} from '../../src/rcu/index.ts'
import {elapsed, isOnline, synchronize} from '../support/rcu.ts'
import {createTestMemory, queueItems} from './shared-memory.ts'

function create(readers: number, {firstGracePeriod = 1, ...options}: RcuOptions & {firstGracePeriod?: number} = {}) {
	const memory = createTestMemory(readers, {firstGracePeriod})
	const rcu = new Rcu(memory, readers, options)
	return {memory, rcu, readers: Array.from({length: readers}, (_, index) => rcu.reader(index))}
}

test('a grace period elapses at once when every reader is offline', (t) => {
	const {rcu, readers} = create(4)
	t.true(rcu.poll(rcu.startPoll()))
	readers[2]!.online()
	readers[2]!.offline()
	t.true(rcu.poll(rcu.startPoll()))
	synchronize(rcu)
	t.false(rcu.statistics().waiting)
})

test('a grace period waits for each reader that was online', (t) => {
	const {rcu, readers} = create(3)
	for (const reader of readers) reader.online()
	const gracePeriod = rcu.startPoll()
	t.true(rcu.statistics().waiting)
	readers[1]!.quiescentState()
	readers[0]!.offline()
	t.false(rcu.poll(gracePeriod))
	readers[2]!.quiescentState()
	t.true(rcu.poll(gracePeriod))
})

test('a reader that comes online after the beginning of a grace period does not delay it', (t) => {
	const {rcu, readers} = create(2)
	readers[0]!.online()
	const gracePeriod = rcu.startPoll()
	readers[1]!.online()
	readers[0]!.quiescentState()
	t.true(rcu.poll(gracePeriod))
	t.false(rcu.poll(rcu.startPoll()))
})

test('a later grace period is not served by quiescent states before it', (t) => {
	const {rcu, readers} = create(2)
	for (const reader of readers) reader.online()
	const earlier = rcu.startPoll()
	readers[0]!.quiescentState()
	const later = rcu.startPoll()
	readers[1]!.quiescentState()
	t.true(rcu.poll(earlier))
	t.false(rcu.poll(later))
	readers[0]!.quiescentState()
	t.true(rcu.poll(later))
})

test('a quiescent state of an offline reader leaves it offline', (t) => {
	const {rcu, readers} = create(1)
	rcu.startPoll()
	readers[0]!.quiescentState()
	t.false(isOnline(rcu, 0))
})

test('a thread that waits for a grace period of its own passes, offline meanwhile', (t) => {
	const {rcu, readers} = create(1)
	readers[0]!.online()
	synchronize(rcu, readers[0])
	t.true(isOnline(rcu, 0))
	t.false(rcu.statistics().waiting)
})

test('a thread with an event loop polls for its grace period', async (t) => {
	const {rcu, readers} = create(1)
	readers[0]!.online()
	setTimeout(() => readers[0]!.quiescentState(), 10)
	await elapsed(rcu, rcu.startPoll())
	t.false(rcu.statistics().waiting)
})

test('grace periods go on when the low word of the counter wraps', (t) => {
	const {rcu, readers} = create(2, {firstGracePeriod: 2 ** 32 - 5})
	for (const reader of readers) reader.online()
	let last = 0
	for (let round = 0; round < 8; round++) {
		const gracePeriod = rcu.startPoll()
		t.true(gracePeriod > last)
		last = gracePeriod
		readers[0]!.quiescentState()
		t.false(rcu.poll(gracePeriod))
		readers[1]!.quiescentState()
		t.true(rcu.poll(gracePeriod))
	}
	t.true(last > 2 ** 32)
})

test('a reader that was offline over a wrap comes online with the whole counter', (t) => {
	const {rcu, readers} = create(2, {firstGracePeriod: 2 ** 32 - 3})
	readers[0]!.online()
	readers[0]!.offline()
	for (let round = 0; round < 4; round++) synchronize(rcu)
	readers[0]!.online()
	const gracePeriod = rcu.startPoll()
	t.false(rcu.poll(gracePeriod))
	readers[0]!.quiescentState()
	t.true(rcu.poll(gracePeriod))
})

test('the stall watch names the reader that a grace period waits for, once looks enough have found it unfinished', (t) => {
	const stalls: Stall[] = []
	const {rcu, readers} = create(3, {stallPeriod: 40, onStall: (stall) => stalls.push(stall)})
	const watch = new StallWatch(rcu)
	const look = (times: number) => {
		for (let time = 0; time < times; time++) watch.look()
	}
	for (const reader of readers) reader.online()
	const gracePeriod = rcu.startPoll()
	readers[0]!.quiescentState()
	readers[2]!.quiescentState()
	look(1 + stallLooks - 1)
	t.deepEqual(stalls, [])
	look(1)
	t.deepEqual(stalls, [{reader: 1, milliseconds: 40 * stallLooks, gracePeriod}])
	t.is(describeStall(stalls[0]!), 'RCU stall: reader 1 has passed no quiescent state for 0.2 s (grace period 3)')
	look(stallLooks)
	t.is(stalls.length, 2)
	t.is(stalls[1]!.milliseconds, 80 * stallLooks)
	t.like(rcu.statistics(), {stalls: 2, lastStall: {reader: 1, milliseconds: 80 * stallLooks}})
	readers[1]!.quiescentState()
	look(2 * stallLooks)
	t.is(stalls.length, 2)
})

test('each grace period has its looks before it is a stall', (t) => {
	const stalls: Stall[] = []
	const {rcu, readers} = create(1, {onStall: (stall) => stalls.push(stall)})
	const watch = new StallWatch(rcu)
	readers[0]!.online()
	for (let round = 0; round < 3; round++) {
		rcu.startPoll()
		for (let look = 0; look < stallLooks; look++) watch.look()
		readers[0]!.quiescentState()
	}
	t.deepEqual(stalls, [])
})

test('a thread that waits names the reader that it waits for', (t) => {
	const stalls: Stall[] = []
	const {rcu, readers} = create(3, {
		stallPeriod: 2,
		onStall: (stall) => {
			if (stalls.push(stall) === 2) readers[2]!.offline()
		},
	})
	readers[0]!.online()
	readers[2]!.online()
	synchronize(rcu, readers[0])
	t.deepEqual(
		stalls.map(({reader}) => reader),
		[2, 2],
	)
	t.is(stalls[1]!.milliseconds, 2 * 2 * stallLooks)
	t.is(rcu.statistics().lastStall?.reader, 2)
})

test('a thread that is about to sleep names those who run beside the reader that it waits for', (t) => {
	const named: number[][] = []
	let looked = 0
	const patience: Patience = {
		mayLook: (looks) => {
			looked = looks
			return looks < 300
		},
		beginSleep: (others) => {
			named.push([...others])
			readers[2]!.offline()
		},
		endSleep: () => named.push([]),
		woke: () => {},
	}
	const {rcu, readers} = create(5, {patience})
	for (const index of [0, 1, 2, 4]) readers[index]!.online()
	const gracePeriod = rcu.startPoll()
	readers[0]!.offline()
	rcu.waitForReader(2, gracePeriod)
	t.deepEqual(named, [[1, 4], []])
	t.is(looked, 300)
	// Without a sleep nobody is asked.
	rcu.waitForReader(0, gracePeriod)
	t.is(named.length, 2)
})

test('a retired object is ready after its grace period, oldest first', (t) => {
	const {memory, rcu, readers} = create(1)
	const list = new RetiredList(rcu, memory, memory.region('queue').offset, queueItems)
	readers[0]!.online()
	list.defer(7)
	list.defer(8)
	t.is(list.takeReady(), 0)
	t.is(list.length, 2)
	readers[0]!.quiescentState()
	list.defer(9)
	t.is(list.takeReady(), 7)
	t.is(list.takeReady(), 8)
	t.is(list.takeReady(), 0)
	readers[0]!.quiescentState()
	t.is(list.takeReady(), 9)
})

test('a queue refuses more than it has room for, and wraps around', (t) => {
	const {memory} = create(1)
	const queue = new SharedQueue(memory, memory.region('queue').offset, queueItems)
	for (let turn = 0; turn < 5; turn++) {
		for (let item = 1; item <= queueItems; item++) t.true(queue.put(item, 0))
		t.false(queue.put(1, 0))
		for (let item = 1; item <= queueItems; item++) t.is(queue.get(), item)
		t.is(queue.get(), 0)
	}
})

test('a reader that the region has no slot for is refused', (t) => {
	const {memory, rcu} = create(2)
	t.throws(() => rcu.reader(2), {message: 'Expected a reader from 0 to 1, got 2'})
	t.throws(() => new Rcu(memory, 3), {message: 'Expected at most 2 RCU readers, got 3'})
})
