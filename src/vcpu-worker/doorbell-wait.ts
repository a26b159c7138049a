/**
 * A vCPU's thread waits for its doorbell, offline for RCU. A hart in WFI looks at it for a while before its thread sleeps, if cores
 * are free: a wake-up takes the host longer than most waits last. The while follows what waits last, by the rule of KVM's halt
 * polling (Documentation/virt/kvm/halt-polling.rst). A hart that spins naps, if they are not.
 */
import {Activity, type ActivityNote, type HartRegisters} from '../hart/index.ts'
import {Doorbell, type VcpuBlocks, VcpuWords, wakingBells} from '../memory/index.ts'
import type {RcuReader} from '../rcu/index.ts'
import type {HostCores} from './host-cores.ts'
import type {Timers} from './timers.ts'

/** Milliseconds that a thread looks before it sleeps: at most, and the first time after it did not. */
const [longestLook, firstLook] = [0.2, 0.01]
/** Looks between two looks at the clock. */
const looks = 16
/** Milliseconds of a nap: the first one, and the longest, which it grows to while the hart only spins. */
const [firstNap, longestNap] = [0.02, 0.1]
/** To give way once. */
const mostNaps = 8

export class DoorbellWait {
	readonly #vcpu: number
	readonly #blocks: VcpuBlocks
	readonly #reader: RcuReader
	readonly #note: ActivityNote
	readonly #registers: HartRegisters
	readonly #cores: HostCores | undefined
	/** Milliseconds. */
	#look = 0
	#nap: number = firstNap
	#hasNapped = false

	/** @param options.cores undefined: by turns, where waits take no time of the host. */
	constructor(options: {
		vcpu: number
		blocks: VcpuBlocks
		reader: RcuReader
		note: ActivityNote
		registers: HartRegisters
		cores: HostCores | undefined
	}) {
		this.#vcpu = options.vcpu
		this.#blocks = options.blocks
		this.#reader = options.reader
		this.#note = options.note
		this.#registers = options.registers
		this.#cores = options.cores
	}

	/** Until a bell rings, at most so long; the hart has nothing to do before. */
	halt(milliseconds: number): void {
		const cores = this.#cores
		if (!cores) return this.sleep(milliseconds)
		this.#count('halts')
		this.#reader.offline()
		const began = performance.now()
		if (this.#rings(cores, began, Math.min(milliseconds, this.#look))) this.#count('haltsPolled')
		else {
			const left = milliseconds - (performance.now() - began)
			if (left > 0) this.#sleep(left)
		}
		this.#adapt(performance.now() - began)
		this.#reader.online()
	}

	/** Until a bell rings, at most so long. */
	sleep(milliseconds: number): void {
		this.#reader.offline()
		this.#sleep(milliseconds)
		// From here on grace periods wait for this reader again. A safepoint comes before guest code runs.
		this.#reader.online()
	}

	/**
	 * After a safepoint: a hart that spins, or is in the way of a fence, may nap.
	 * @param bells that it has taken. @returns whether it was asked to, and is online again, so that a safepoint comes before guest code.
	 */
	givesCore(bells: number, timers: Pick<Timers, 'check'>): boolean {
		const hasWoken = this.#cores?.takeWoken() === true
		const givesWay = (bells & Doorbell.giveWay) !== 0 || hasWoken
		// What it spins for may have come with the same bells.
		const spins = (bells & (Doorbell.spin | wakingBells)) === Doorbell.spin
		// After a nap it has run nothing that it could have spun in.
		if (!spins && !this.#hasNapped) this.#nap = firstNap
		this.#hasNapped = spins
		if (!spins && !givesWay) return false
		const before = this.#note.begin(Activity.nap)
		if (spins && this.#cores) this.#napUntil(timers.check())
		if (givesWay) this.#giveWay()
		this.#note.end(before)
		return true
	}

	/** If another thread needs its core, the hart gives that away for a moment, longer each time. @param most milliseconds. */
	#napUntil(most: number): void {
		if (!this.#cores?.areShort || most <= 0) return
		this.#count('naps')
		this.sleep(Math.min(this.#nap, most))
		this.#nap = Math.min(2 * this.#nap, longestNap)
	}

	/** Another hart waits for one without a core, if that is not over. */
	#giveWay(): void {
		const cores = this.#cores
		if (!cores?.areShort || !cores.areFencing) return
		this.#count('waysGiven')
		// Whoever is woken has to get a core, too. Not for long: there may always be fences.
		for (let naps = 0; naps < mostNaps && cores.areFencing; naps++) this.sleep(firstNap)
	}

	#sleep(milliseconds: number): void {
		const before = this.#note.begin(Activity.sleep)
		this.#cores?.leave()
		this.#blocks.sleepOnDoorbell(this.#vcpu, milliseconds)
		this.#cores?.enter()
		// Whoever this thread woke before it slept has had its core.
		this.#cores?.takeWoken()
		this.#note.end(before)
	}

	/** @returns whether a bell that is of use has rung within so many milliseconds. */
	#rings(cores: HostCores, began: number, milliseconds: number): boolean {
		if (milliseconds === 0) return false
		const {i32} = this.#blocks.memory
		const doorbell = (this.#blocks.base(this.#vcpu) + VcpuWords.offset.doorbell) >> 2
		do {
			for (let look = 0; look < looks; look++) {
				// Orders nothing: the run loop takes the bell. Its writer is VcpuBlocks.ring().
				if ((Atomics.load(i32, doorbell) & wakingBells) !== 0) return true
				Atomics.pause()
			}
		} while (!cores.areShort && performance.now() - began < milliseconds)
		return false
	}

	// Plain: only this vCPU writes its statistics. 2^32 waits are far off.
	#count(what: 'halts' | 'haltsPolled' | 'naps' | 'waysGiven'): void {
		this.#registers.setWord(what, this.#registers.word(what) + 1)
	}

	/** @param took milliseconds that the wait lasted. */
	#adapt(took: number): void {
		if (took > longestLook) this.#look = 0
		else if (took > this.#look) this.#look = Math.min(this.#look === 0 ? firstLook : 2 * this.#look, longestLook)
	}
}
