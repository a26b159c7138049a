/** Fetches a guest and shows the progress: a bar on a terminal, otherwise a line per step. */
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
	using display = stream.isTTY ? new ProgressBar(name, stream) : new ProgressLines(name, stream)
	await guests.fetchGuest(name, {onProgress: (progress) => display.show(progress), signal})
}

class ProgressBar implements Disposable {
	readonly #bar: SingleBar
	readonly #name: string
	#started = false

	constructor(name: string, stream: NodeJS.WriteStream) {
		this.#name = name
		const format = '{name} [{bar}] {percentage}% {step}'
		this.#bar = new SingleBar({format, stream, hideCursor: true, barsize: 24, clearOnComplete: true}, Presets.legacy)
	}

	show({step, fraction}: FetchProgress): void {
		const payload = {name: this.#name, step}
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
	#step = ''

	constructor(name: string, stream: NodeJS.WriteStream) {
		this.#name = name
		this.#stream = stream
	}

	show({step}: FetchProgress): void {
		if (step !== this.#step) this.#stream.write(`manyhart: ${this.#name}: ${step}\n`)
		this.#step = step
	}

	[Symbol.dispose](): void {}
}
