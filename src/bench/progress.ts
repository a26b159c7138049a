/** How far the measurements are, on stderr: a bar on a terminal, a line per run elsewhere; with the time that remains. */
import {Presets, SingleBar} from 'cli-progress'

export type LabProgressOptions = Readonly<{
	/** Runs. */
	total: number
	stream: NodeJS.WriteStream
	/** Of the lines: what is measuring. */
	name?: string
}>

export class LabProgress implements Disposable {
	readonly #bar: SingleBar | undefined
	readonly #stream: NodeJS.WriteStream
	readonly #total: number
	readonly #name: string
	readonly #timer: NodeJS.Timeout | undefined
	#forecast = {seconds: 0, at: 0}

	constructor({total, stream, name = 'bench'}: LabProgressOptions) {
		this.#name = name
		this.#stream = stream
		this.#total = total
		if (!stream.isTTY) return
		const format = '[{bar}] {value} of {total}, {left} left: {run}'
		this.#bar = new SingleBar({format, stream, hideCursor: true, barsize: 24, clearOnComplete: true}, Presets.legacy)
		this.#bar.start(total, 0, {left: '', run: ''})
		// Runs may take a minute.
		this.#timer = setInterval(() => this.#bar?.update({left: this.#left()}), 1000)
		this.#timer.unref()
	}

	#left(): string {
		const {seconds, at} = this.#forecast
		return inWords(seconds - (performance.now() - at) / 1000)
	}

	/** A run begins. @param run in words. @param seconds that it and those after it will take. */
	begin(number: number, run: string, seconds: number): void {
		this.#forecast = {seconds, at: performance.now()}
		const left = this.#left()
		if (this.#bar) this.#bar.update(number, {left, run})
		else this.#stream.write(`${this.#name}: ${number + 1} of ${this.#total}, ${left} left: ${run}\n`)
	}

	/** Something has gone wrong, which is in the record. */
	say(line: string): void {
		// A line of its own, above the bar.
		this.#stream.write(this.#bar ? `\r\u001b[K${line}\n` : `${line}\n`)
	}

	[Symbol.dispose](): void {
		clearInterval(this.#timer)
		this.#bar?.stop()
	}
}

/** @example inWords(125) // '2 min' */
export const inWords = (seconds: number): string =>
	seconds < 100 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`
