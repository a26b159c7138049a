/** What is sampled at the marks of a console, by task: where its measured part began and ended. */
import type {Mark} from './console.ts'
import {keyOf} from './plan.ts'

export type Span<Sample> = Readonly<{before: Sample; after: Sample}>

export class TaskSpans<Sample> {
	readonly #spans = new Map<string, Span<Sample>>()
	#begin: Sample | undefined
	#measured: Partial<Span<Sample>> = {}

	/** By keyOf(), of the tasks that have ended. A program that does not say what it measures has its whole run. */
	get spans(): ReadonlyMap<string, Span<Sample>> {
		return this.#spans
	}

	/** Marks in their order. */
	add(mark: Mark, sample: Sample): void {
		switch (mark.kind) {
			case 'begin':
				this.#begin = sample
				this.#measured = {}
				return
			case 'measured part begins':
				this.#measured = {before: sample}
				return
			case 'measured part ends':
				this.#measured = {...this.#measured, after: sample}
				return
			case 'end': {
				const {before, after} = this.#measured
				if (before !== undefined && after !== undefined) this.#spans.set(keyOf(mark.task), {before, after})
				else if (this.#begin !== undefined) this.#spans.set(keyOf(mark.task), {before: this.#begin, after: sample})
				this.#begin = undefined
				this.#measured = {}
			}
		}
	}
}
