/**
 * Harts on the threads of a host that has as many cores or fewer. Each computes, and now and then fences all the others; a fence is over
 * when every other hart has passed a quiescent state since. The rules are those of docs/architecture.md, "Waiting" and "Grace periods".
 */

import type {Parameters} from './parameters.ts'
import {drawFrom} from './percentiles.ts'
import {exponential, type Simulation} from './simulation.ts'

export type HartsOptions = Readonly<{
	simulation: Simulation
	random: () => number
	parameters: Parameters
	harts: number
	cores: number
	/** Harts that fence; the others only compute. */
	fencing: number
	/** Microseconds of computing between two fences of a hart, on average. */
	between: number
	/** Of a fence: all other harts, or the next one. */
	targets?: 'all' | 'next'
}>

/** As in src/tlb/flush-requests.ts. */
const mostRequests = 8

/** A fence or a grace period that waits for a hart. */
type Waiter = {left: number; passed: () => void}
type State = 'computes' | 'fences' | 'sleeps'

type Hart = {
	readonly number: number
	state: State
	/** Whether its thread has a core. */
	runs: boolean
	/** What it still has to compute, and since when it does: if it runs. */
	left: number
	since: number
	/** Counts up when what was planned for it is no more. */
	plan: number
	/** What its next quiescent state ends. */
	readonly waiters: Waiter[]
	/** Fences that it answers at its next safepoint: one answer for all. */
	bells: number
	hasBell: boolean
	/** It answers, and takes no bells meanwhile. */
	answers: boolean
	/** It has been asked to give its core away for a moment. */
	givesWay: boolean
	resume: (() => void) | undefined
	sliceEnds: number
	quantumEnds: number
}

export class Harts {
	readonly #options: HartsOptions
	readonly #harts: Hart[]
	readonly #ready: Hart[] = []
	#freeCores: number
	/** Microseconds. */
	readonly fences: number[] = []
	readonly gracePeriods: number[] = []
	/** Microseconds of guest code, of all harts. */
	computed = 0

	constructor(options: HartsOptions) {
		this.#options = options
		this.#freeCores = options.cores
		this.#harts = Array.from({length: options.harts}, (_, number) => ({
			number,
			state: 'computes',
			runs: false,
			left: 0,
			since: 0,
			plan: 0,
			waiters: [],
			bells: 0,
			hasBell: false,
			answers: false,
			givesWay: false,
			resume: undefined,
			sliceEnds: 0,
			quantumEnds: 0,
		}))
		for (const hart of this.#harts) {
			this.#think(hart)
			this.#makeReady(hart)
		}
	}

	/** Until all harts have passed a quiescent state: what a retired table waits for. Nobody rings for it. */
	beginGracePeriod(): void {
		const {simulation} = this.#options
		const began = simulation.now
		this.#await(this.#harts, () => this.gracePeriods.push(simulation.now - began))
	}

	/** @param done when each of them has passed a quiescent state, or is offline. */
	#await(harts: readonly Hart[], done: () => void): number {
		const online = harts.filter(({state}) => state === 'computes')
		const waiter: Waiter = {left: online.length, passed: done}
		for (const hart of online) hart.waiters.push(waiter)
		if (online.length === 0) done()
		return online.length
	}

	#think(hart: Hart): void {
		const {random, between, fencing} = this.#options
		hart.left = hart.number < fencing ? exponential(random, between) : Number.POSITIVE_INFINITY
	}

	/** A quiescent state. */
	#pass(hart: Hart): void {
		for (const waiter of hart.waiters.splice(0)) if (--waiter.left === 0) waiter.passed()
	}

	get #areShort(): boolean {
		return this.#ready.length > 0
	}

	// ---- the host ----

	#makeReady(hart: Hart): void {
		this.#ready.push(hart)
		this.#dispatch()
	}

	#dispatch(): void {
		const {simulation, parameters, random} = this.#options
		while (this.#freeCores > 0 && this.#ready.length > 0) {
			const hart = this.#ready.shift()!
			this.#freeCores--
			hart.runs = true
			hart.quantumEnds = simulation.now + parameters.quantum
			hart.since = simulation.now
			// The harts' slices do not begin at the same time.
			hart.sliceEnds = simulation.now + parameters.slice * (simulation.now === 0 ? random() : 1)
			const {resume} = hart
			hart.resume = undefined
			if (resume) resume()
			else this.#compute(hart)
		}
	}

	/** Gives its core away. */
	#stop(hart: Hart): void {
		this.#account(hart)
		hart.runs = false
		hart.plan++
		this.#freeCores++
	}

	#account(hart: Hart): void {
		const {now} = this.#options.simulation
		if (hart.runs && hart.state === 'computes') {
			this.computed += now - hart.since
			hart.left -= now - hart.since
		}
		hart.since = now
	}

	// ---- a hart ----

	/** Until it fences, its slice or its quantum ends, or a bell rings. */
	#compute(hart: Hart): void {
		const {simulation, random, parameters} = this.#options
		hart.state = 'computes'
		hart.since = simulation.now
		const plan = ++hart.plan
		const bell = hart.hasBell || hart.givesWay ? drawFrom(parameters.doorbell, random) : Number.POSITIVE_INFINITY
		const ends = [hart.left, hart.sliceEnds - simulation.now, hart.quantumEnds - simulation.now, bell]
		simulation.after(Math.max(0, Math.min(...ends)), () => {
			if (plan === hart.plan) this.#safepoint(hart)
		})
	}

	#safepoint(hart: Hart): void {
		const {simulation, parameters} = this.#options
		const {now} = simulation
		this.#account(hart)
		this.#pass(hart)
		if (now >= hart.sliceEnds) hart.sliceEnds = now + parameters.slice
		const plan = ++hart.plan
		// More requests than find room become one.
		const answer = hart.hasBell ? parameters.safepoint + Math.min(hart.bells, mostRequests) * parameters.answer : 0
		hart.hasBell = false
		hart.bells = 0
		if (answer === 0) return this.#goOn(hart)
		hart.answers = true
		simulation.after(answer, () => {
			hart.answers = false
			// That was no guest code.
			hart.since = simulation.now
			if (plan === hart.plan) this.#goOn(hart)
		})
	}

	#goOn(hart: Hart): void {
		const {now} = this.#options.simulation
		// As hart.left counts down by differences.
		if (hart.left <= 1e-6) return this.#fence(hart)
		if (hart.givesWay) {
			hart.givesWay = false
			if (this.#areShort) {
				this.#stop(hart)
				this.#makeReady(hart)
				return
			}
		}
		if (now >= hart.quantumEnds) {
			if (this.#areShort) {
				this.#stop(hart)
				this.#makeReady(hart)
				return
			}
			hart.quantumEnds = now + this.#options.parameters.quantum
		}
		this.#compute(hart)
	}

	#fence(hart: Hart): void {
		const {simulation, parameters, targets = 'all'} = this.#options
		const began = simulation.now
		const next = this.#harts[(hart.number + 1) % this.#harts.length]!
		const others = targets === 'next' ? [next] : this.#harts.filter((other) => other !== hart)
		hart.state = 'fences'
		this.#pass(hart)
		const plan = ++hart.plan
		simulation.after(parameters.fence + others.length * parameters.target, () => {
			if (plan !== hart.plan) return
			let isOver = false
			const over = () => {
				isOver = true
				if (hart.state === 'sleeps') this.#wake(hart, began)
				else if (hart.runs && plan === hart.plan) this.#end(hart, began)
			}
			for (const other of others) this.#ring(other)
			this.#await(others, over)
			if (isOver) return
			simulation.after(this.#areShort ? parameters.shortLook : parameters.look, () => {
				if (!isOver && plan === hart.plan) this.#sleep(hart)
			})
		})
	}

	#ring(hart: Hart): void {
		hart.bells++
		if (hart.hasBell) return
		hart.hasBell = true
		// If it has no core, it takes the bell when it has.
		if (hart.state !== 'computes' || !hart.runs || hart.answers) return
		this.#account(hart)
		this.#compute(hart)
	}

	/** Its thread sleeps until its targets have passed. If cores are short, those that run give way to the ones that wait for a core. */
	#sleep(hart: Hart): void {
		const isShort = this.#areShort
		this.#stop(hart)
		hart.state = 'sleeps'
		if (isShort) for (const other of this.#harts) if (other.state === 'computes') this.#askToGiveWay(other)
		this.#dispatch()
	}

	#askToGiveWay(hart: Hart): void {
		if (hart.givesWay) return
		hart.givesWay = true
		if (!hart.runs || hart.answers) return
		this.#account(hart)
		this.#compute(hart)
	}

	#wake(hart: Hart, began: number): void {
		const {simulation, random, parameters} = this.#options
		hart.state = 'fences'
		simulation.after(drawFrom(parameters.wake, random), () => {
			hart.resume = () => this.#end(hart, began)
			this.#makeReady(hart)
		})
	}

	#end(hart: Hart, began: number): void {
		this.fences.push(this.#options.simulation.now - began)
		hart.plan++
		this.#think(hart)
		hart.state = 'computes'
		hart.since = this.#options.simulation.now
		this.#safepoint(hart)
	}
}
