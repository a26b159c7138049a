/** Fetches a guest and shows the progress: a bar on a terminal, otherwise a line per step and for each tenth. */
import {Presets, SingleBar} from 'cli-progress'
import type {FetchProgress, GuestLibrary} from './guest-library.ts'

export type FetchWithProgressOptions = Readonly<{
	guests: GuestLibrary
	signal: AbortSignal
	stream?: NodeJS.WriteStream
}>

export async function fetchWithProgress(
	name: string,
	{guests, signal, stream = process.stderr}: FetchWithProgressOptions,
): Promise<void> {
	const shown = shortened(name)
	using display = stream.isTTY ? new ProgressBar(shown, stream) : new ProgressLines(shown, stream)
	await guests.fetchGuest(name, {onProgress: (progress) => display.show(progress), signal})
}

/** Characters of a guest's name that fit into a line beside the rest: a guest with many packages has a long one. */
const mostOfName = 24

const shortened = (name: string) => (name.length > mostOfName ? `${name.slice(0, mostOfName - 1)}…` : name)

class ProgressBar implements Disposable {
	readonly #bar: SingleBar
	readonly #name: string
	readonly #remaining = new RemainingTime()
	#started = false

	constructor(name: string, stream: NodeJS.WriteStream) {
		this.#name = name
		const format = '{name} [{bar}] {percentage}% {step}{remaining}'
		this.#bar = new SingleBar({format, stream, hideCursor: true, barsize: 24, clearOnComplete: true}, Presets.legacy)
	}

	show({step, fraction}: FetchProgress): void {
		const remaining = this.#remaining.at(fraction, performance.now())
		const payload = {name: this.#name, step, remaining: remaining && `, ${remaining}`}
		const percentage = Math.round((fraction ?? 0) * 100)
		if (this.#started) this.#bar.update(percentage, payload)
		else this.#bar.start(100, percentage, payload)
		this.#started = true
	}

	[Symbol.dispose](): void {
		if (this.#started) this.#bar.stop()
	}
}

class ProgressLines implements Disposable {
	readonly #name: string
	readonly #stream: NodeJS.WriteStream
	readonly #remaining = new RemainingTime()
	#step = ''
	#tenth = 0

	constructor(name: string, stream: NodeJS.WriteStream) {
		this.#name = name
		this.#stream = stream
	}

	show({step, fraction}: FetchProgress): void {
		const remaining = this.#remaining.at(fraction, performance.now())
		const tenth = Math.floor((fraction ?? 0) * 10)
		if (step === this.#step && tenth === this.#tenth) return
		this.#stream.write(`manyhart: ${this.#name}: ${step}${remaining && ` (${remaining})`}\n`)
		this.#step = step
		this.#tenth = tenth
	}

	[Symbol.dispose](): void {}
}

/** Of the fetch from here on; what an earlier one has done, and leaps over it, count for neither. */
export class RemainingTime {
	#start: Progress | undefined
	#last: Progress | undefined

	/** @param now milliseconds. @returns `about 3 min left`; an empty text while too little is done to tell, and at the end. */
	at(fraction: number | undefined, now: number): string {
		if (fraction === undefined) return ''
		const last = this.#last
		this.#last = {fraction, time: now}
		if (!this.#start || !last || isLeap(last, this.#last)) this.#start = this.#last
		const [done, elapsed] = [fraction - this.#start.fraction, now - this.#start.time]
		if (done < leastDone || elapsed < leastMilliseconds || fraction >= 1) return ''
		const seconds = ((elapsed / done) * (1 - fraction)) / 1000
		return seconds < 90 ? `about ${Math.ceil(seconds / 10) * 10} s left` : `about ${Math.ceil(seconds / 60)} min left`
	}
}

type Progress = Readonly<{fraction: number; time: number}>

/** So much in so short a time was mostly done by an earlier fetch. If not, the estimate begins again here. */
function isLeap(from: Progress, to: Progress): boolean {
	return to.fraction - from.fraction > leastLeap && to.time - from.time < leastMilliseconds
}

const leastDone = 0.02
const leastLeap = 0.03
const leastMilliseconds = 5_000
