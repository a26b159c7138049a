/** Arrows of a trace, from what one thread begins to where another takes it. Both ends come from rings that are not read at one moment. */
import type {TraceFile} from './trace-file.ts'

/** Beginnings of one thread that another has not taken, at most: those that a thread which sleeps will take. */
const mostOpen = 4096

/** `at`: time and thread, as an event names them. */
type End = Readonly<{number: number; at: string}>
/** Beginnings that were not taken yet, and ends after which more of their beginnings may come. */
type Pair = Readonly<{begun: End[]; taken: End[]}>

export class Arrows {
	readonly #file: TraceFile
	readonly #harts: number
	readonly #name: string
	/** Where an end points to. */
	readonly #binding: string
	/** By both threads. */
	readonly #pairs: readonly Pair[]
	#loose = 0

	/** @param options.to the slice around the end, or the next one that the thread begins. */
	constructor(file: TraceFile, {harts, name, to}: {harts: number; name: string; to: 'around' | 'next'}) {
		this.#file = file
		this.#harts = harts
		this.#name = name
		this.#binding = to === 'around' ? '"bp":"e",' : ''
		this.#pairs = Array.from({length: harts * harts}, () => ({begun: [], taken: []}))
	}

	/** Beginnings whose end was not seen: their arrows are left out. */
	get loose(): number {
		return this.#pairs.reduce((sum, {begun}) => sum + begun.length, this.#loose)
	}

	/** @param number counts the beginnings of `from`. */
	begin(from: number, to: number, end: End): void {
		this.#pair(from, to).begun.push(end)
		this.#connect(from, to)
	}

	/** `to` takes all of `from` up to this one. */
	take(from: number, to: number, end: End): void {
		this.#pair(from, to).taken.push(end)
		this.#connect(from, to)
	}

	#pair(from: number, to: number): Pair {
		return this.#pairs[from * this.#harts + to]!
	}

	/** An end may be seen before its beginning. Those of one thread come in order. */
	#connect(from: number, to: number): void {
		const {begun, taken} = this.#pair(from, to)
		while (begun.length > 0 && taken.length > 0) {
			const [first, last] = [begun[0]!, taken[0]!]
			if (first.number > last.number) taken.shift()
			else {
				begun.shift()
				const common = `"name":"${this.#name}","cat":"${this.#name}","id":"${from} ${to} ${first.number}"`
				this.#file.writePair(`${common},"ph":"s",${first.at}`, `${common},"ph":"f",${this.#binding}${last.at}`)
			}
		}
		if (taken.length > mostOpen) taken.shift()
		if (begun.length <= mostOpen) return
		begun.shift()
		this.#loose++
	}
}
