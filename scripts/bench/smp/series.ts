/** The series of latencies: what the bare guest test/guests/latency measures, and the doorbells that this process rings. */

/** `pair`: two harts. `crowd`: all other harts are busy. `doorbell`: a machine in this process. */
export type LatencyKind = 'pair' | 'crowd' | 'doorbell'

export type Series = Readonly<{name: string; kind: LatencyKind; what: string; target: string}>

const busy = 'busy'
const idle = 'idle'
const [crowdBusy, crowdIdle] = ['busy, more harts than cores', 'idle, the others busy']

const [ipi, wake, timer] = ['IPI to handler', 'IPI to running after `wfi`', 'deadline to running after `wfi`']
const [fence, fences, flush] = ['fence of a page', 'fence of a page on all harts', 'fence of all pages']
const doorbell = 'doorbell to safepoint'

/** In the order of the table. */
export const allSeries: readonly Series[] = [
	{name: 'ipi-busy', kind: 'pair', what: ipi, target: busy},
	{name: 'ipi-idle', kind: 'pair', what: ipi, target: idle},
	{name: 'ipi-crowd-busy', kind: 'crowd', what: ipi, target: crowdBusy},
	{name: 'ipi-crowd-idle', kind: 'crowd', what: ipi, target: crowdIdle},
	{name: 'wake-idle', kind: 'pair', what: wake, target: idle},
	{name: 'wake-crowd-idle', kind: 'crowd', what: wake, target: crowdIdle},
	{name: 'timer-idle', kind: 'pair', what: timer, target: idle},
	{name: 'timer-crowd-idle', kind: 'crowd', what: timer, target: crowdIdle},
	{name: 'fence-busy', kind: 'pair', what: fence, target: busy},
	{name: 'fence-idle', kind: 'pair', what: fence, target: idle},
	{name: 'fence-crowd-busy', kind: 'crowd', what: fence, target: crowdBusy},
	{name: 'fence-crowd-idle', kind: 'crowd', what: fence, target: crowdIdle},
	{name: 'fences-crowd-busy', kind: 'crowd', what: fences, target: crowdBusy},
	{name: 'flush-busy', kind: 'pair', what: flush, target: busy},
	{name: 'flush-idle', kind: 'pair', what: flush, target: idle},
	{name: 'flush-crowd-busy', kind: 'crowd', what: flush, target: crowdBusy},
	{name: 'doorbell-busy', kind: 'doorbell', what: doorbell, target: busy},
	{name: 'doorbell-idle', kind: 'doorbell', what: doorbell, target: idle},
	{name: 'doorbell-crowd-busy', kind: 'doorbell', what: doorbell, target: crowdBusy},
]

export const seriesOf = (kind: LatencyKind): readonly Series[] => allSeries.filter((series) => series.kind === kind)
