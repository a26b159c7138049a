/** The cores that runs share: as many runs at a time as have a core for each hart. */
import {assert} from '../errors.ts'

export class CoreBudget {
	readonly cores: number
	#free: number
	/** In the order in which they came, which is the one in which they begin: none waits for ever. */
	readonly #waiting: {needed: number; begin: () => void}[] = []

	constructor(cores: number) {
		this.cores = cores
		this.#free = cores
	}

	/** Cores that nobody has. */
	get free(): number {
		return this.#free
	}

	get waiting(): number {
		return this.#waiting.length
	}

	/** Cores of a run: with more harts than there are it has all of them, and so runs alone. */
	needed(harts: number): number {
		return Math.min(harts, this.cores)
	}

	/**
	 * Resolves when the run has its cores, until they are given back.
	 * @throws the signal's reason, if it aborts before.
	 */
	async acquire(harts: number, signal?: AbortSignal): Promise<Disposable> {
		signal?.throwIfAborted()
		const needed = this.needed(harts)
		await new Promise<void>((resolve, reject) => {
			const place = {needed, begin: resolve}
			this.#waiting.push(place)
			signal?.addEventListener(
				'abort',
				() => {
					const index = this.#waiting.indexOf(place)
					if (index < 0) return
					this.#waiting.splice(index, 1)
					reject(signal.reason)
					this.#beginNext()
				},
				{once: true},
			)
			this.#beginNext()
		})
		let isHeld = true
		return {
			[Symbol.dispose]: () => {
				if (!isHeld) return
				isHeld = false
				this.#free += needed
				assert(this.#free <= this.cores, 'cores were given back once')
				this.#beginNext()
			},
		}
	}

	#beginNext(): void {
		for (let next = this.#waiting[0]; next && next.needed <= this.#free; next = this.#waiting[0]) {
			this.#waiting.shift()
			this.#free -= next.needed
			next.begin()
		}
	}
}
