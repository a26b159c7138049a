/**
 * A fence of another vCPU, interrupted before each of its accesses to shared words: the owner of the tables does something there,
 * or another thread fences the same vCPU, and stands still after some of its accesses, if not after all.
 */
import test from 'ava'
import {SharedMemory} from '../../src/memory/index.ts'
import {FlushCause, generationMask, generationStep, Regime, type TlbDesign, trailerWord} from '../../src/tlb/index.ts'
import {fill, lookUp, noteLocalPage, openTable} from './lookup.ts'
import {TestMachine} from './test-machine.ts'

const translated = [Regime.supervisor, Regime.supervisorSum, Regime.user]
const [page, stale, fresh] = [3, 5, 6]
const lastGeneration = generationMask / generationStep
/** What a region leaves of a stale entry. */
const staleLastPage = 7
const [fenced, other] = [1, 2]

/** The generation of the tables when the fence begins. */
type Design = Readonly<{policy: TlbDesign['policy']; generation: number}>

class StandsStill extends Error {}

/** A machine whose vCPU 1 has used the page in both address spaces, then changes its page table for another frame. */
class Scene {
	readonly owner: TestMachine
	readonly #regimes: readonly number[]
	/** Of regions that the owner's guest runs. */
	#descriptors: readonly number[] = []

	/** @param regimes in which the vCPU uses the page. */
	constructor({policy, generation}: Design, regimes: readonly number[] = translated) {
		this.owner = TestMachine.create({vcpus: 2, spareTables: 16, design: {policy, size: '64', asids: '1'}})
		this.#regimes = regimes
		this.owner.enter(1)
		for (const asid of [other, fenced]) {
			this.owner.setAsid(1, asid)
			this.#use(stale)
			const present = () => (this.owner.descriptor(1, Regime.user) & generationMask) / generationStep
			while (policy === 'epoch-tag' && present() < generation) {
				this.owner.tlb.flush(1, FlushCause.sfencePage)
				this.#use(stale)
			}
			this.endRegion()
		}
		this.beginRegion()
	}

	/** A thread that fences, with its own view of the memory. `before(n)` is called before its n-th access. */
	fence(before: (access: number) => void, asid?: number): void {
		const memory = new SharedMemory(this.owner.memory.memory, this.owner.memory.map)
		const words = memory.i32
		let accesses = 0
		const {tlb} = new TestMachine(memory, this.owner.config)
		const get = () => {
			before(accesses++)
			return words
		}
		Object.defineProperty(memory, 'i32', {get})
		tlb.startRemoteFlush({targets: [1], ...(asid !== undefined && {asid})})
	}

	/** The same, until it has made so many accesses. @returns whether it made all that it has to make. */
	fenceUntil(accesses: number): boolean {
		const stop = (access: number) => {
			if (access === accesses) throw new StandsStill()
		}
		try {
			this.fence(stop)
			return true
		} catch (error) {
			if (error instanceof StandsStill) return false
			throw error
		}
	}

	/** As generated code does: descriptors are loaded once. */
	beginRegion(): void {
		this.#descriptors = this.#regimes.map((regime) => this.owner.descriptor(1, regime))
	}

	/** What a region found by a lookup it leaves in its table as a last page. */
	endRegion(): void {
		for (const descriptor of this.#descriptors) {
			const frame = lookUp(this.owner, descriptor, page)
			if (frame === stale) this.owner.memory.i32[trailerWord(descriptor, 'lastPages')] = staleLastPage
		}
	}

	/** The owner's guest does something outside of regions, and uses the page behind it. */
	act(action: () => void): void {
		this.endRegion()
		action()
		this.#use(fresh)
		this.beginRegion()
	}

	go(asid: number): void {
		this.act(() => this.owner.setAsid(1, asid))
	}

	/** @returns whether a region that begins now would use the old frame. */
	get findsStale(): boolean {
		const {memory} = this.owner
		return this.#regimes.some((regime) => {
			const descriptor = this.owner.descriptor(1, regime)
			const isHit = lookUp(this.owner, descriptor, page) === stale
			return isHit || memory.i32[trailerWord(descriptor, 'lastPages')] === staleLastPage
		})
	}

	/** The owner's next safepoint, which the fence waits for. */
	pass(): void {
		this.endRegion()
		this.owner.tlb.safepoint(1)
	}

	#use(frame: number): void {
		for (const regime of this.#regimes) {
			const descriptor = this.owner.descriptor(1, regime)
			if (lookUp(this.owner, descriptor, page) !== undefined) continue
			openTable(this.owner.memory, descriptor)
			noteLocalPage(this.owner, descriptor)
			fill(this.owner, descriptor, page, frame)
		}
	}
}

const actions: Readonly<Record<string, (scene: Scene) => void>> = {
	'misses a page': (scene) => scene.act(() => {}),
	'flushes its tables': (scene) => scene.act(() => scene.owner.tlb.flush(1, FlushCause.sfenceAll)),
	'goes to another space': (scene) => scene.go(other),
	'goes to another space and comes back': (scene) => {
		scene.go(other)
		scene.go(fenced)
	},
	'flushes its tables as often as there are generations': (scene) => {
		for (let flushes = 0; flushes <= lastGeneration; flushes++)
			scene.act(() => scene.owner.tlb.flush(1, FlushCause.sfenceAll))
	},
}

/** Each way in which a fence empties another vCPU's tables. Under epoch-tag it begins a generation, or the last one, or swaps. */
const designs: readonly Design[] = [
	{policy: 'clear', generation: 1},
	{policy: 'atomic-clear', generation: 1},
	{policy: 'swap-pool', generation: 1},
	{policy: 'epoch-tag', generation: 1},
	{policy: 'epoch-tag', generation: lastGeneration - 1},
	{policy: 'epoch-tag', generation: lastGeneration},
]

/** Calls `check(n)` for n = 0, 1, 2, … until it returns that the fence has made fewer accesses than that. */
function forEachAccess(check: (access: number) => boolean): number {
	let access = 0
	while (check(access)) access++
	return access
}

for (const design of designs) {
	const named = `${design.policy}, generation ${design.generation}`
	for (const [name, act] of Object.entries(actions)) {
		for (const asid of [undefined, fenced]) {
			const what = asid === undefined ? 'everything' : 'a space'
			test(`no translation from before a fence of ${what} is used behind it, wherever meanwhile the owner ${name}: ${named}`, (t) => {
				const accesses = forEachAccess((access) => {
					const scene = new Scene(design)
					let wasReached = false
					scene.fence((made) => {
						if (made !== access) return
						wasReached = true
						act(scene)
					}, asid)
					scene.pass()
					if (asid === undefined) t.false(scene.findsStale, `before access ${access}`)
					for (const space of asid === undefined ? [other, fenced] : [fenced]) {
						scene.owner.setAsid(1, space)
						t.false(scene.findsStale, `before access ${access}, in space ${space}`)
					}
					return wasReached
				})
				t.true(accesses > 5)
			})
		}
	}

	test(`no translation from before a fence is used behind it, wherever another fence comes in between, and wherever that stands still: ${named}`, (t) => {
		const accesses = forEachAccess((access) => {
			let wasReached = false
			forEachAccess((others) => {
				const scene = new Scene(design, [Regime.user])
				let isWhole = false
				scene.fence((made) => {
					if (made !== access) return
					wasReached = true
					isWhole = scene.fenceUntil(others)
				})
				scene.pass()
				t.false(scene.findsStale, `before access ${access}, behind ${others} of the other`)
				return wasReached && !isWhole
			})
			return wasReached
		})
		t.true(accesses > 5)
	})
}

test('a fence ends however often its target goes from one space to another', (t) => {
	for (const design of designs) {
		for (const phase of [0, 1, 2]) {
			const scene = new Scene(design)
			let accesses = 0
			scene.fence((made) => {
				accesses = made
				if (made > 3000) throw new Error('Expected the fence to end')
				// The fence finds another table in each third access.
				scene.go((made + phase) % 3 === 0 ? fenced : other)
			})
			t.true(accesses < 100)
		}
	}
})
