/**
 * The threads of the RCU torture test, after Linux's rcutorture. An object is published with age 0. When it is
 * replaced, its age becomes 1, and each grace period after that adds 1. A grace period may begin while a reader holds
 * an object, but none may elapse: age > 1 is a failure.
 */
import {parentPort, workerData} from 'node:worker_threads'
import {SharedMemory} from '../../src/memory/index.ts'
import {type GracePeriod, Rcu} from '../../src/rcu/index.ts'
import {synchronize} from '../support/rcu.ts'
import {firstWord, progressWord, randomNumbers, type SharedTestMemory} from './shared-memory.ts'

export type TortureRole = SharedTestMemory &
	Readonly<{
		role: 'reader' | 'synchronizer' | 'poller' | 'fencer'
		/** This thread's reader; updaters are readers as well. */
		reader: number
		seed: number
		/** 'cut short': an object ages before its grace period has elapsed. */
		gracePeriods: 'whole' | 'cut short'
	}>

export type TortureResult = Readonly<{role: TortureRole['role']; steps: number; failures: number; oldest: number}>

const objectsPerUpdater = 64
const oldestAge = 10
/** Updaters publish in words 1 and 2 (readers 0 and 1 are the updaters); their objects' ages follow. */
const updaters = 2
const publishedWord = (updater: number) => 1 + updater
const ageWord = (updater: number, object: number) => 16 + updater * objectsPerUpdater + object

const role = workerData as TortureRole
const memory = new SharedMemory(role.memory, role.map)
const rcu = new Rcu(memory)
const reader = rcu.reader(role.reader)
const random = randomNumbers(role.seed)
const words = memory.i32
const first = firstWord(memory)
let steps = 0
let failures = 0
let oldest = 0

/** Tells the test how far this thread is. @returns whether it goes on. */
function goesOn(): boolean {
	// Orders nothing, nor do the others: the test only stops in time. Pair with its loads.
	Atomics.store(words, first + progressWord.steps(role.reader), steps)
	return Atomics.load(words, first + progressWord.stop) === 0
}

/** A delay that the optimizer cannot remove. */
function dawdle(loads: number): void {
	for (let load = 0; load < loads; load++) Atomics.load(words, first)
}

function read(): void {
	reader.online()
	while (goesOn()) {
		const updater = random(updaters)
		// Ordered before the load of the age. Pairs with the exchange in update().
		const object = Atomics.load(words, first + publishedWord(updater))
		dawdle(random(2000))
		const age = Atomics.load(words, first + ageWord(updater, object))
		if (age > oldest) {
			oldest = age
			Atomics.store(words, first + progressWord.oldest(role.reader), age)
		}
		if (age > 1) failures += 1
		steps += 1
		const next = random(16)
		if (next === 0) {
			reader.offline()
			dawdle(random(2000))
			reader.online()
		} else if (next < 12) reader.quiescentState()
	}
	reader.offline()
}

/** Publishes objects in turn and ages each one that it replaced. @param elapsed whether the grace period is over. */
function update(elapsed: (gracePeriod: GracePeriod) => boolean): void {
	const updater = role.reader
	const aging: {object: number; gracePeriod: GracePeriod}[] = []
	const free = Array.from({length: objectsPerUpdater - 1}, (_, index) => index + 1)
	// After the exchange, or the grace period. Pairs with the load of the age in read().
	const age = (object: number) => Atomics.add(words, first + ageWord(updater, object), 1) + 1
	reader.online()
	while (goesOn()) {
		const fresh = free.shift()
		if (fresh !== undefined) {
			// Publish: age 0 is ordered before the object. Pairs with the loads in read().
			Atomics.store(words, first + ageWord(updater, fresh), 0)
			const old = Atomics.exchange(words, first + publishedWord(updater), fresh)
			age(old)
			aging.push({object: old, gracePeriod: rcu.startPoll()})
		}
		for (let count = aging.length; count > 0; count--) {
			const {object, gracePeriod} = aging.shift()!
			if (role.gracePeriods === 'whole' && !elapsed(gracePeriod)) aging.push({object, gracePeriod})
			else if (age(object) >= oldestAge) free.push(object)
			else aging.push({object, gracePeriod: rcu.startPoll()})
		}
		steps += 1
		reader.quiescentState()
	}
	reader.offline()
}

if (role.role === 'reader') read()
else if (role.role === 'poller') update((gracePeriod) => rcu.poll(gracePeriod))
else if (role.role === 'synchronizer') {
	update((gracePeriod) => {
		if (!rcu.poll(gracePeriod)) synchronize(rcu, reader)
		return rcu.poll(gracePeriod)
	})
} else {
	// Threads that only wait for each other.
	reader.online()
	for (; goesOn(); steps++) synchronize(rcu, reader)
	reader.offline()
}
const result: TortureResult = {role: role.role, steps, failures, oldest}
parentPort!.postMessage(result)
