/** Read-copy-update in shared memory: readers, grace periods, retired objects; knows no guest. */
export * from './clock.ts'
export * from './latency-histogram.ts'
export * from './rcu.ts'
export * from './rcu-reader.ts'
export * from './rcu-state.ts'
export * from './retired-list.ts'
export * from './shared-queue.ts'
export * from './stall-watch.ts'
