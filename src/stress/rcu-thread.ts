/**
 * The threads of the kind `rcu`, after Linux's rcutorture. Updaters publish objects in turn. An object is published with age 0; when it
 * is replaced, its age becomes 1, and each grace period after that adds 1. A grace period may begin while a reader holds an object, but
 * none may elapse: a reader that sees an age above 1 has been given an object back too early.
 */
import {parentPort, workerData} from 'node:worker_threads'
import {breakRule} from '../faults.ts'
import {SharedMemory} from '../memory/index.ts'
import {describeStall, type GracePeriod, Rcu, RetiredList, type Stall} from '../rcu/index.ts'
import {noTurnEvents, ThreadTurns} from '../serial/index.ts'
import {passTurn, waitOn} from '../turns.ts'
import {objectsPerUpdater, oldestAge, type RcuThreadRole, rcuWord, updaters} from './rcu-layout.ts'

const role = workerData as RcuThreadRole
FAULT: breakRule(role.fault)
const memory = new SharedMemory(role.memory, role.map)
const {thread, threads, serial} = role
const turns = serial && new ThreadTurns(memory, {thread, threads, config: serial})
const rcu = new Rcu(memory, threads, turns && {onStall: failByStall})
const reader = rcu.reader(thread)
const words = memory.i32
const first = memory.region('words').offset >> 2
const at = (word: number): number => first + word
const bed = new Int32Array(new SharedArrayBuffer(4))
/** By turns delays are shorter, since each step counts. */
const loadsPerInstruction = 16
let state = (role.seed * 7919 + thread * 104_729) | 1
let steps = 0
let replaced = 0
let oldest = 0
/** By turns: what counts as instructions, in all, and of the slice that is left. */
let retired = 0
let leftOfSlice = 0

/** xorshift32. @returns an integer from 0 to below `limit`. */
function below(limit: number): number {
	state ^= state << 13
	state ^= state >>> 17
	state ^= state << 5
	return (state >>> 0) % limit
}

/** Tells how far this thread is. @returns whether it goes on. */
function goesOn(): boolean {
	// Orders nothing: statistics, and the end of the run. Pairs with rcu-run.ts.
	Atomics.store(words, at(rcuWord.steps(thread)), steps)
	Atomics.store(words, at(rcuWord.replaced(thread)), replaced)
	if (role.iterations !== undefined && steps >= role.iterations) return false
	if (turns) work(turns, 1)
	return Atomics.load(words, at(rcuWord.stop)) === 0
}

/** A delay that the optimizer cannot remove. */
function dawdle(loads: number): void {
	if (turns) return work(turns, Math.ceil(loads / loadsPerInstruction))
	for (let load = 0; load < loads; load++) Atomics.load(words, at(rcuWord.stop))
}

/** By turns: so many instructions. Others may come between any two. */
function work(by: ThreadTurns, instructions: number): void {
	for (let left = instructions; left > 0; ) {
		const now = Math.min(left, leftOfSlice)
		left -= now
		leftOfSlice -= now
		retired = (retired + now) | 0
		if (leftOfSlice > 0) return
		by.sliceEnded()
		leftOfSlice = by.sliceLength()
	}
}

/** Only sleeps; no thread notifies this word, and it orders nothing. The reader is offline. */
function sleep(milliseconds: number): void {
	waitOn(bed, 0, 0, milliseconds)
}

/** By turns, time passes only where every thread waits: one of them for what does not come. */
function failByStall(stall: Stall): never {
	throw new Error(describeStall(stall))
}

// ---- readers ----

type Held = Readonly<{updater: number; object: number}>

function take(): Held {
	const updater = below(updaters.length)
	// Ordered before the load of the age. Pairs with the exchange in replace().
	const object = Atomics.load(words, at(rcuWord.published(updater)))
	POINT: passTurn('instruction')
	return {updater, object}
}

function look({updater, object}: Held): void {
	// Ordered after the load of the object. Pairs with grow().
	const age = Atomics.load(words, at(rcuWord.age(updater, object)))
	if (age > oldest) {
		oldest = age
		// Orders nothing: statistics.
		Atomics.store(words, at(rcuWord.oldest(thread)), age)
	}
	if (age <= 1) return
	// The first one only. The description is ordered before the end. Pairs with rcu-run.ts.
	if (Atomics.compareExchange(words, at(rcuWord.violation), 0, thread + 1) !== 0) return
	Atomics.store(words, at(rcuWord.violationStep), steps)
	Atomics.store(words, at(rcuWord.violationUpdater), updater)
	Atomics.store(words, at(rcuWord.violationObject), object)
	Atomics.store(words, at(rcuWord.violationAge), age)
	Atomics.store(words, at(rcuWord.stop), 1)
}

/** Critical sections of all lengths; some hold a second object within the first's, some sleep between. */
function read(): void {
	reader.online()
	while (goesOn()) {
		const outer = take()
		dawdle(below(below(64) === 0 ? 200_000 : 2000))
		if (below(4) === 0) {
			const inner = take()
			dawdle(below(500))
			look(inner)
		}
		look(outer)
		steps += 1
		const next = below(256)
		if (next < 16) {
			reader.offline()
			if (next === 0) sleep(below(4))
			else dawdle(below(2000))
			reader.online()
		} else if (next === 16) synchronize()
		else if (next < 200) reader.quiescentState()
	}
	reader.offline()
}

/** Waits until each other thread has passed; those that wait for each other all pass, since they are offline meanwhile. */
function synchronize(): void {
	const gracePeriod = rcu.startPoll()
	reader.offline()
	for (let other = 0; other < threads; other++) if (other !== thread) rcu.waitForReader(other, gracePeriod)
	reader.online()
}

// ---- updaters ----

/** Exchanges the published object for one of age 0. @returns the old one, which is 1 now. */
function replace(updater: number, fresh: number): number {
	// Age 0 is ordered before the object is published. Pairs with the loads of a reader.
	Atomics.store(words, at(rcuWord.age(updater, fresh)), 0)
	const old = Atomics.exchange(words, at(rcuWord.published(updater)), fresh)
	POINT: passTurn('instruction')
	grow(updater, old)
	replaced += 1
	return old
}

/** After the exchange, or a grace period. Pairs with look(). @returns the object's age. */
function grow(updater: number, object: number): number {
	return Atomics.add(words, at(rcuWord.age(updater, object)), 1) + 1
}

/** @param elapsed whether the grace period is over; may wait for it. */
function update(updater: number, elapsed: (gracePeriod: GracePeriod) => boolean): void {
	const aging: {object: number; gracePeriod: GracePeriod}[] = []
	const free = Array.from({length: objectsPerUpdater - 1}, (_, index) => index + 1)
	reader.online()
	for (; goesOn(); steps++) {
		const fresh = free.shift()
		if (fresh !== undefined) aging.push({object: replace(updater, fresh), gracePeriod: rcu.startPoll()})
		for (let left = aging.length; left > 0; left--) {
			const {object, gracePeriod} = aging.shift()!
			if (!elapsed(gracePeriod)) aging.push({object, gracePeriod})
			else if (grow(updater, object) >= oldestAge) free.push(object)
			else aging.push({object, gracePeriod: rcu.startPoll()})
		}
		reader.quiescentState()
	}
	reader.offline()
}

/** Retires objects to a list again and again, until they are old. */
function defer(updater: number): void {
	const list = new RetiredList(rcu, memory, memory.region('retired').offset, objectsPerUpdater)
	const free = Array.from({length: objectsPerUpdater - 1}, (_, index) => index + 1)
	reader.online()
	for (; goesOn(); steps++) {
		const fresh = free.shift()
		if (fresh !== undefined) list.defer(replace(updater, fresh) + 1)
		for (let handle = list.takeReady(); handle !== 0; handle = list.takeReady()) {
			if (grow(updater, handle - 1) >= oldestAge) free.push(handle - 1)
			else list.defer(handle)
		}
		reader.quiescentState()
	}
	reader.offline()
}

function run(): void {
	switch (updaters[thread]) {
		case undefined:
			return read()
		case 'poller':
			return update(thread, (gracePeriod) => rcu.poll(gracePeriod))
		case 'synchronizer':
			return update(thread, (gracePeriod) => {
				if (!rcu.poll(gracePeriod)) synchronize()
				return rcu.poll(gracePeriod)
			})
		case 'deferrer':
			return defer(thread)
	}
}

if (turns) {
	turns.events = {...noTurnEvents, retired: () => retired}
	turns.join()
	leftOfSlice = turns.sliceLength()
}
run()
turns?.leave()
parentPort!.postMessage('done')
