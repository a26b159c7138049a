/** Where time goes: times of each hart's activities, and events for a trace. There only if asked for. */
export {ActivitySampler, type Samples} from './activity-sampler.ts'
export {EventReader, EventRing, type TakenEvent} from './event-ring.ts'
export {HartTrace} from './hart-trace.ts'
export {type HartTime, readHartTime} from './time-statistics.ts'
export {answersFence} from './timed-note.ts'
export {type TraceOrigin, traceClock} from './trace-clock.ts'
export {
	EventKind,
	hasRegion,
	quotaPeriod,
	ringEvents,
	ringsRegion,
	TraceEvent,
	TraceRing,
	timesRegion,
} from './trace-layout.ts'
export {TracedBlocks} from './traced-blocks.ts'
