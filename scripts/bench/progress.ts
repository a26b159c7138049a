/** A script's progress on stderr: a bar on a terminal, a line per boot elsewhere. */
import {Presets, SingleBar} from 'cli-progress'

export type ProgressOptions = Readonly<{
	/** Programs, over all boots. */
	total: number
	/** As in `npm run NAME`; default bench. */
	name?: string
	stream?: NodeJS.WriteStream
}>

export class BenchProgress implements Disposable {
	readonly #bar: SingleBar | undefined
	readonly #stream: NodeJS.WriteStream
	readonly #name: string
	#done = 0

	constructor({total, name = 'bench', stream = process.stderr}: ProgressOptions) {
		this.#name = name
		this.#stream = stream
		if (!stream.isTTY) return
		const format = '[{bar}] {percentage}% {boot}'
		this.#bar = new SingleBar({format, stream, hideCursor: true, barsize: 24, clearOnComplete: true}, Presets.legacy)
		this.#bar.start(total, 0, {boot: ''})
	}

	/** @param boot in words, such as `pair 1, QEMU`. @returns a callback for the number of its finished programs. */
	boot(boot: string): (finished: number) => void {
		if (!this.#bar) this.#stream.write(`${this.#name}: ${boot}\n`)
		const before = this.#done
		return (finished) => {
			this.#done = before + finished
			this.#bar?.update(this.#done, {boot})
		}
	}

	[Symbol.dispose](): void {
		this.#bar?.stop()
	}
}
