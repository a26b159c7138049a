/** Times of harts, and traces, on the main thread. */
export {MachineTimes, type TraceStatistics} from './machine-times.ts'
export {TraceFile} from './trace-file.ts'
