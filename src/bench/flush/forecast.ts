/** How long runs will take. */
import type {Run, RunKind} from './plan.ts'

/** Seconds that a start of Linux takes; that a program takes at scale 1. */
const [linuxStart, bareStart, programSeconds] = [4.5, 0.5, 1.2]

/** A first guess; what runs have taken corrects it. */
export function estimate(run: Run): number {
	switch (run.kind) {
		case 'cost':
			return 0.3 + (run.fills.length * run.flushes * 2 ** run.log2Entries) / 4e7
		case 'boot':
			return linuxStart
		case 'bare':
			return bareStart + run.programs.length * run.scale * programSeconds + 1
		case 'linux':
		case 'storm':
			return linuxStart + 0.5 + run.harts * run.programs.length * run.scale * programSeconds
	}
}

/** Seconds of the runs that remain, corrected by what finished ones of their kind have taken. */
export class Forecast {
	readonly #byKind = new Map<RunKind, {estimated: number; taken: number}>()

	finished(run: Run, seconds: number): void {
		const {estimated, taken} = this.#byKind.get(run.kind) ?? {estimated: 0, taken: 0}
		this.#byKind.set(run.kind, {estimated: estimated + estimate(run), taken: taken + seconds})
	}

	secondsOf(run: Run): number {
		const {estimated, taken} = this.#byKind.get(run.kind) ?? {estimated: 1, taken: 1}
		return estimate(run) * (taken / estimated)
	}

	of(runs: readonly Run[]): number {
		return runs.reduce((sum, run) => sum + this.secondsOf(run), 0)
	}
}
