/** A guest loop beside another thread that adds to what it reads. */
import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import {ramBase} from '../../src/memory/index.ts'
import type {Engine} from '../execution/engine.ts'
import {memoryMap} from '../hart/core/hart-core.ts'
import {InterpretedHart} from '../interpreter/interpreted-hart.ts'
import {patience} from '../support/patience.ts'
import type {AdderThreadData} from './adder-thread.ts'

export const registers = {zero: 0, t0: 5, t1: 6, t2: 7, s0: 8, s1: 9, s2: 18, a2: 12} as const
export const place = ramBase + 0x2000
/** Milliseconds after which `fewest` rounds do: a loaded host may need longer to let both threads run at once. */
const usualMs = 20_000

type AdderRun = Readonly<{operand: bigint; step: bigint; enough: bigint; fewest: bigint; engine?: Engine}>

/**
 * Runs the program, an endless loop, beside a thread that adds to the doubleword at a2, until s2 says that they have
 * met `enough` times, or, on a loaded host, more than `fewest` times. @param options.operand s1's value. @returns the hart, and that thread's additions.
 */
export async function runBesideAdder(program: readonly number[], {operand, step, enough, fewest, engine}: AdderRun) {
	const {a2, s1, s2} = registers
	const hart = new InterpretedHart(engine)
	for (const [index, word] of program.entries()) {
		hart.writeParcel(ramBase + 4 * index, word & 0xffff)
		hart.writeParcel(ramBase + 4 * index + 2, word >>> 16)
	}
	hart.x[a2] = BigInt(place)
	hart.x[s1] = BigInt.asUintN(64, operand)
	hart.set('pc', ramBase)
	const words = new Int32Array(new SharedArrayBuffer(8))
	const data: AdderThreadData = {
		memory: hart.memory.memory,
		map: memoryMap,
		place: hart.ramOffset(place),
		step: BigInt.asUintN(64, step),
		words,
	}
	const worker = new Worker(new URL('./adder-thread.ts', import.meta.url), {workerData: data})
	const exit = once(worker, 'exit')
	const began = Date.now()
	const lasted = () => Date.now() - began
	const isEnough = () => hart.x[s2]! >= enough || (lasted() > usualMs && hart.x[s2]! > fewest)
	while (!isEnough() && lasted() < patience) {
		for (let slice = 0; slice < 100; slice++) hart.run(10_000)
		await new Promise((resolve) => setImmediate(resolve))
	}
	// Stops the thread. Pairs with the load in adder-thread.ts.
	Atomics.store(words, 1, 1)
	await exit
	// The thread has ended. Pairs with the add in adder-thread.ts.
	return {hart, additions: 1000n * BigInt(Atomics.load(words, 0))}
}
