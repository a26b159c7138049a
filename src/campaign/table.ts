/** How far a campaign is, on stderr: a live table on a terminal, a line now and then elsewhere. */
import {createLogUpdate} from 'log-update'
import {inWords as duration} from '../bench/progress.ts'
import type {Plan} from './plan.ts'
import type {Count} from './tally.ts'

export type WorkerRow = Readonly<{
	name: string
	cores: number
	/** In words. */
	running: readonly string[]
	/** Results of this campaign. */
	count: Count
	/** Why nothing of this campaign runs there. */
	note?: string
}>

export type Shown = Readonly<{
	/** All results, with those that were there before. */
	count: Count
	workers: readonly WorkerRow[]
	/** What is amiss. */
	note?: string | undefined
}>

/** Milliseconds between two plain lines, and two drawings of the table. */
const [plainPause, drawPause] = [30_000, 100]
/** Rows of workers. */
const mostRows = 20

type Clock = () => number

export class CampaignTable implements Disposable {
	readonly #plan: Plan
	readonly #stream: NodeJS.WriteStream
	readonly #now: Clock
	readonly #draw: ReturnType<typeof createLogUpdate> | undefined
	readonly #began: number
	/** Of runs whose results were there at first. */
	#before: number | undefined
	#lastPlain: number
	#lastDrawn = 0
	#shown: Shown | undefined

	/** @param now milliseconds; tests replace it. */
	constructor(plan: Plan, stream: NodeJS.WriteStream, now: Clock = () => performance.now()) {
		this.#plan = plan
		this.#stream = stream
		this.#now = now
		this.#began = now()
		this.#lastPlain = now()
		this.#draw = stream.isTTY ? createLogUpdate(stream) : undefined
	}

	show(shown: Shown): void {
		this.#shown = shown
		this.#before ??= shown.count.done
		const now = this.#now()
		if (this.#draw) {
			if (now - this.#lastDrawn < drawPause) return
			this.#lastDrawn = now
			this.#draw(this.#lines(shown).join('\n'))
		} else if (now - this.#lastPlain >= plainPause) {
			this.#lastPlain = now
			this.#stream.write(`${this.#summary(shown)}\n`)
		}
	}

	/** A line that stays. */
	say(line: string): void {
		this.#draw?.clear()
		this.#stream.write(`campaign: ${line}\n`)
		if (this.#draw && this.#shown) this.#draw(this.#lines(this.#shown).join('\n'))
	}

	[Symbol.dispose](): void {
		this.#draw?.clear()
		this.#draw?.done()
	}

	#counts({count: {done, failed}, workers}: Shown) {
		const running = workers.reduce((sum, each) => sum + each.running.length, 0)
		const total = this.#plan.runs.length
		return {total, done, failed, running, waiting: Math.max(0, total - done - running)}
	}

	#summary(shown: Shown): string {
		const {total, done, failed, running, waiting} = this.#counts(shown)
		const measured = done - (this.#before ?? 0)
		const seconds = (this.#now() - this.#began) / 1000
		const left = measured > 0 && done < total ? `, about ${duration((seconds / measured) * (total - done))} left` : ''
		const counts = `${done} of ${total} runs done, ${failed} failed, ${running} running, ${waiting} waiting`
		return `campaign: ${counts}${left}${shown.note ? `; ${shown.note}` : ''}`
	}

	#lines(shown: Shown): readonly string[] {
		const {workers} = shown
		const width = Math.max(...workers.map(({name}) => name.length), 6)
		const rows = workers.slice(0, mostRows).map(({name, cores, running, count, note}) => {
			const figures = `${count.done}`.padStart(7) + `${count.failed}`.padStart(7) + `${cores}`.padStart(7)
			const what =
				note ?? (running[0] ? `${running[0]}${running.length > 1 ? `, and ${running.length - 1} more` : ''}` : '–')
			return this.#cut(`${name.padEnd(width)}${figures}  ${what}`)
		})
		const more = workers.length > mostRows ? [`and ${workers.length - mostRows} more`] : []
		const head = `${'worker'.padEnd(width)}${'done'.padStart(7)}${'failed'.padStart(7)}${'cores'.padStart(7)}  runs`
		return [this.#cut(this.#summary(shown)), this.#cut(head), ...rows, ...more]
	}

	/** One line each, so that the table can be drawn over. */
	#cut(line: string): string {
		return line.slice(0, Math.max(20, (this.#stream.columns ?? 80) - 1))
	}
}
