/** Ways to wait for a grace period that only tests need. */
import type {GracePeriod, Rcu, RcuReader} from '../../src/rcu/index.ts'

export function isOnline(rcu: Rcu, reader: number): boolean {
	// Pairs with RcuReader: 0 is offline.
	return Atomics.load(rcu.memory.i32, rcu.slotWord(reader)) !== 0
}

/**
 * Waits for a grace period that begins now, as a remote fence does: `reader`, the caller's own, is offline meanwhile, so that
 * two threads that wait for each other pass.
 */
export function synchronize(rcu: Rcu, reader?: RcuReader): void {
	const wasOnline = reader !== undefined && isOnline(rcu, reader.index)
	reader?.offline()
	const gracePeriod = rcu.startPoll()
	for (let other = 0; other < rcu.readers; other++) rcu.waitForReader(other, gracePeriod)
	if (wasOnline) reader.online()
}

/** Resolves once the grace period has elapsed; looks once a millisecond. */
export async function elapsed(rcu: Rcu, gracePeriod: GracePeriod): Promise<void> {
	while (!rcu.poll(gracePeriod)) await new Promise((resolve) => setTimeout(resolve, 1))
}
