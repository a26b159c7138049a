/** Interleavings after which a thread slept, or a grace period lasted, though the reader it waited for had passed. */
import test from 'ava'
import {Rcu, RcuSlot} from '../../src/rcu/index.ts'
import {Interleaving} from './interleaving.ts'
import {createTestMemory} from './shared-memory.ts'

/** The two readers, and the words of the first's slot. */
function create() {
	const rcu = new Rcu(createTestMemory(2))
	// The first grace period elapses as soon as someone looks.
	rcu.advance()
	const slot = rcu.slotWord(0)
	const waiters = slot + ((RcuSlot.offset.waiters - RcuSlot.offset.seen) >> 2)
	return {rcu, reader: rcu.reader(0), other: rcu.reader(1), slot, waiters}
}

test.serial('a grace period that began while a reader came online ends once that reader passes', (t) => {
	const {rcu, reader, other, slot} = create()
	other.online()
	rcu.startPoll()
	let gracePeriod = 0
	{
		using threads = new Interleaving([
			// The reader has loaded the counter. This grace period waits behind the one that the other reader holds up.
			{when: 'before', operation: 'store', word: slot, steps: () => (gracePeriod = rcu.startPoll())},
			// Now it is its turn, and it finds the older number in the slot.
			{when: 'after', operation: 'store', word: slot, steps: () => other.quiescentState()},
		])
		threads.run(() => reader.online())
		t.not(gracePeriod, 0)
		reader.quiescentState()
	}
	t.true(rcu.poll(gracePeriod))
})

test.serial('a thread that fell asleep while a reader came online wakes once that reader passes', (t) => {
	const {rcu, reader, slot} = create()
	using threads = new Interleaving([
		{when: 'before', operation: 'store', word: slot, steps: () => rcu.startPoll()},
		{
			when: 'after',
			operation: 'store',
			word: slot,
			steps: () => {
				threads.run(() => rcu.waitForReader(0, rcu.startPoll()))
				t.deepEqual(threads.sleeping, [slot])
			},
		},
	])
	threads.run(() => reader.online())
	reader.quiescentState()
	t.deepEqual(threads.sleeping, [])
})

test.serial('a thread does not fall asleep on a reader that went offline between its looks', (t) => {
	const {rcu, reader, slot, waiters} = create()
	reader.online()
	const gracePeriod = rcu.startPoll()
	using threads = new Interleaving([
		{when: 'after', operation: 'add', word: waiters, steps: () => reader.offline()},
		// The waiting thread has loaded 0. It looks again, twice if the reader seems to have passed.
		{when: 'after', operation: 'load', word: slot, steps: () => reader.online()},
		{when: 'after', operation: 'load', word: slot, steps: () => reader.offline()},
	])
	threads.run(() => rcu.waitForReader(0, gracePeriod))
	t.deepEqual(threads.sleeping, [])
})

test.serial('a thread does not fall asleep on a number that its reader has passed with', (t) => {
	const {rcu, reader, slot, waiters} = create()
	reader.online()
	const gracePeriod = rcu.startPoll()
	using threads = new Interleaving([
		{when: 'after', operation: 'add', word: waiters, steps: () => reader.quiescentState()},
		{when: 'after', operation: 'load', word: slot, steps: () => {}},
		{when: 'after', operation: 'load', word: slot, steps: () => reader.offline()},
		// The whole number was loaded as 0, which is no grace period that has passed.
		{when: 'after', operation: 'load', word: slot, steps: () => reader.online()},
	])
	threads.run(() => rcu.waitForReader(0, gracePeriod))
	t.deepEqual(threads.sleeping, [])
})
