/** How long runs of guests and flushes will take. */
import {Forecast} from '../forecast.ts'
import type {Run} from './plan.ts'

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

export const flushForecast = () => new Forecast<Run>({estimate, kindsOf: ({kind}) => [kind]})
