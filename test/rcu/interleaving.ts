/**
 * Threads interleaved by hand, on one real thread: at chosen atomic operations of one, steps of the others run. A
 * thread that would sleep is abandoned at that point, and counts as asleep until its word is notified.
 */

type Operation = 'load' | 'store' | 'add'

/** What the other threads do at one atomic operation of the running one. */
export type Meanwhile = Readonly<{
	when: 'before' | 'after'
	operation: Operation
	/** Index of the 32-bit word. */
	word: number
	steps: () => void
}>

class FellAsleep extends Error {}

/** An operation of Atomics, for any view. */
type AnyOperation = (words: Int32Array, word: number, value?: number) => number

/**
 * Replaces the operations of Atomics on 32-bit words until it is disposed. Each entry of `script` runs once, in order:
 * an entry waits for the one before it.
 */
export class Interleaving implements Disposable {
	/** The words that threads sleep on. */
	readonly sleeping: number[] = []
	readonly #script: Meanwhile[]
	readonly #original: Readonly<Record<string, unknown>>
	#isMeanwhile = false

	constructor(script: readonly Meanwhile[]) {
		this.#script = [...script]
		const {load, store, add, wait, notify} = Atomics
		this.#original = {load, store, add, wait, notify}
		Object.assign(Atomics, {
			load: this.#interleaved('load', load as AnyOperation),
			store: this.#interleaved('store', store as AnyOperation),
			add: this.#interleaved('add', add as AnyOperation),
			wait: (words: Int32Array, word: number, value: number) => {
				if (words[word] !== value) return 'not-equal'
				this.sleeping.push(word)
				throw new FellAsleep()
			},
			notify: (_: Int32Array, word: number) => {
				const staying = this.sleeping.filter((each) => each !== word)
				return this.sleeping.splice(0, Infinity, ...staying).length - staying.length
			},
		})
	}

	/** Runs a thread to its end, or until it sleeps. */
	run(thread: () => void): void {
		try {
			thread()
		} catch (error) {
			if (!(error instanceof FellAsleep)) throw error
		}
	}

	[Symbol.dispose](): void {
		Object.assign(Atomics, this.#original)
	}

	#interleaved(operation: Operation, original: AnyOperation): AnyOperation {
		return (words, word, ...operand) => {
			this.#meanwhile({when: 'before', operation, word})
			const result = original(words, word, ...operand)
			this.#meanwhile({when: 'after', operation, word})
			return result
		}
	}

	#meanwhile({when, operation, word}: Omit<Meanwhile, 'steps'>): void {
		const [next] = this.#isMeanwhile ? [] : this.#script
		if (next?.when !== when || next.operation !== operation || next.word !== word) return
		this.#script.shift()
		// The steps of others are not interleaved in turn.
		this.#isMeanwhile = true
		next.steps()
		this.#isMeanwhile = false
	}
}
