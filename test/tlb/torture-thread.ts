/**
 * The threads of the TLB torture test. In each address space a page table of words maps each page to a frame number that
 * only grows. A vCPU looks up pages and fills by the design's rules, and goes from space to space. Now and then it remaps
 * pages of its own in a space, fences all vCPUs, and then writes each page's new frame as its least: a vCPU that uses an
 * older one afterwards has used a stale translation.
 */
import {parentPort, workerData} from 'node:worker_threads'
import {Doorbell, SharedMemory, VcpuWords} from '../../src/memory/index.ts'
import {Rcu} from '../../src/rcu/index.ts'
import {FlushCause, Regime, UseAfterRetirement} from '../../src/tlb/index.ts'
import {tablePools} from '../../src/tlb/table-pools.ts'
import {randomNumbers} from '../rcu/shared-memory.ts'
import {fill, lookUp, noteLocalPage, openTable} from './lookup.ts'
import {TestMachine, type TestMachineData, tortureWord} from './test-machine.ts'

export type TlbTortureRole = TestMachineData &
	Readonly<{
		/** The vCPU's number; 'clearer' is the thread that clears retired tables. */
		vcpu: number | 'clearer'
		/** How many pages there are, a multiple of the vCPUs. */
		pages: number
		/** How many address spaces, with ASIDs from `firstAsid` on. */
		spaces: number
		firstAsid: number
		seed: number
		/** The rule that is broken, if any. */
		rules: 'kept' | 'does not wait' | 'fills the new table' | 'quarantines at once'
	}>

export type TlbTortureResult = Readonly<{
	lookups: number
	misses: number
	fences: number
	stale: number
	/** Reports of the quarantine. */
	reports: number
}>

const role = workerData as TlbTortureRole
const {pages, spaces, firstAsid} = role
const frameWord = (space: number, page: number) => 64 + space * 2 * pages + page
const leastWord = (space: number, page: number) => frameWord(space, page) + pages

const machine = new TestMachine(new SharedMemory(role.memory, role.map), role.config)
const {memory, tlb, blocks, words: first} = machine
const words = memory.i32
const random = randomNumbers(role.seed)
/** This vCPU's. */
let space = 0
const result = {lookups: 0, misses: 0, fences: 0, stale: 0, reports: 0}

/** Until the test has seen enough, or a thread has used a stale translation. */
function goesOn(): boolean {
	// Orders nothing, here and below: the test only stops.
	return Atomics.load(words, first + tortureWord.stop) === 0
}

function stop(): void {
	Atomics.store(words, first + tortureWord.stop, 1)
	Atomics.notify(words, first + tortureWord.stop)
}

function dawdle(loads: number): void {
	for (let load = 0; load < loads; load++) Atomics.load(words, first + tortureWord.stop)
}

function awaitSwap(vcpu: number, regime: number, descriptor: number): void {
	const until = performance.now() + 10
	while (machine.descriptor(vcpu, regime) === descriptor && performance.now() < until) dawdle(100)
}

/** One read-side critical section of a vCPU. */
function runGuest(vcpu: number): void {
	const regime = [Regime.supervisor, Regime.supervisorSum, Regime.user][random(3)]!
	let descriptor = machine.descriptor(vcpu, regime)
	for (let access = random(60); access >= 0; access--) {
		const page = random(pages)
		// Acquire: the fence that made it the least is over. Pairs with remap().
		const least = Atomics.load(words, first + leastWord(space, page))
		let frame = lookUp(machine, descriptor, page)
		result.lookups += 1
		if (frame === undefined) {
			result.misses += 1
			openTable(memory, descriptor)
			noteLocalPage(machine, descriptor)
			// The walk, ordered after openTable(). Pairs with remap(), whose flush then reads `filled`.
			frame = Atomics.load(words, first + frameWord(space, page))
			if (role.rules === 'fills the new table') {
				// Now and then long enough for a fence to come between.
				if (random(8) === 0) awaitSwap(vcpu, regime, descriptor)
				descriptor = machine.descriptor(vcpu, regime)
			} else dawdle(random(200))
			fill(machine, descriptor, page, frame)
		}
		if (frame < least) {
			result.stale += 1
			stop()
		}
	}
}

/** Remaps pages of this vCPU in some space, and fences all vCPUs. */
function remap(vcpu: number): void {
	const {vcpus} = role.config
	const remapped = random(spaces)
	const count = 1 + random(Math.min(4, pages / vcpus / 2))
	const page = Math.floor(random(pages - count * vcpus) / vcpus) * vcpus + vcpu
	const own = Array.from({length: count}, (_, index) => page + index * vcpus)
	// The guest's PTE stores: ordered before the flush reads `filled`. Pairs with the walk.
	for (const each of own) Atomics.add(words, first + frameWord(remapped, each), 1)
	const range = random(2) === 0 ? undefined : {firstLow: page, firstHigh: 0, pages: count * vcpus}
	const asid = random(4) === 0 ? undefined : firstAsid + remapped
	const fence = {initiator: vcpu, targets: Array.from({length: vcpus}, (_, index) => index), range, asid}
	if (role.rules === 'does not wait') tlb.startRemoteFlush(fence)
	else tlb.flushRemote(fence)
	// Ordered after the fence. Pairs with the load of `least`.
	for (const each of own)
		Atomics.store(words, first + leastWord(remapped, each), Atomics.load(words, first + frameWord(remapped, each)))
	result.fences += 1
	// Orders nothing: how far this is. Pairs with torture.test.ts.
	Atomics.add(words, first + tortureWord.fences, 1)
}

function goTo(vcpu: number, other: number): void {
	space = other
	machine.setAsid(vcpu, firstAsid + space)
}

function runVcpu(vcpu: number): void {
	const doorbell = (blocks.base(vcpu) + VcpuWords.offset.doorbell) >> 2
	machine.enter(vcpu)
	goTo(vcpu, 0)
	while (goesOn()) {
		runGuest(vcpu)
		const next = random(64)
		if (next < 2) remap(vcpu)
		else if (next === 2) {
			machine.leave(vcpu)
			// Sleeps while no bell is rung; no ringer notifies it, so mostly until the time-out.
			blocks.sleepOnDoorbell(vcpu, random(3))
			machine.enter(vcpu)
		} else if (next === 3) tlb.flush(vcpu, FlushCause.statusChange)
		else if (next < 12) goTo(vcpu, random(spaces))
		else tlb.safepoint(vcpu)
		// The bell cuts guest code short; here the critical sections are short anyhow. Only looks: the safepoint takes it.
		if (Atomics.load(words, doorbell) & Doorbell.flush) tlb.safepoint(vcpu)
	}
	machine.leave(vcpu)
}

function clearTables(): void {
	const clear = role.rules === 'quarantines at once' ? hastyClearing() : () => machine.clearRetired()
	while (goesOn()) {
		try {
			clear()
			tlb.checkQuarantine()
		} catch (error) {
			if (!(error instanceof UseAfterRetirement)) throw error
			result.reports += 1
			stop()
		}
		// Sleeps 1 ms, or less if a thread stops the test.
		Atomics.wait(words, first + tortureWord.stop, 0, 1)
	}
}

/** Waits for no grace period. */
function hastyClearing(): () => void {
	const rcu = new (class extends Rcu {
		override poll(): boolean {
			return true
		}
	})(memory)
	const {config, operations} = machine
	const pools = tablePools(memory, {rcu, config, operations})
	return () => {
		for (const pool of pools) pool?.recycleRetired()
	}
}

if (role.vcpu === 'clearer') clearTables()
else runVcpu(role.vcpu)
parentPort!.postMessage(result satisfies TlbTortureResult)
