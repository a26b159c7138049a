/** Shared by tests that boot a fetched guest. */
import type {ExecutionContext} from 'ava'
import {fetchGuest, type GuestParts, resolveGuest} from '../../src/main/guests/index.ts'

/** Output that a healthy kernel never prints. */
export const trouble = /\bstall|lockup|WARNING|\bBUG\b|Oops|segfault|Call Trace|not syncing/i

/** @returns undefined if `find` fails, and logs the reason. In CI, where tests must be complete, the test fails. */
export async function ifItCanBeHad<Found>(
	t: ExecutionContext,
	what: string,
	find: () => Promise<Found>,
): Promise<Found | undefined> {
	try {
		return await find()
	} catch (error) {
		const reason = `${what} is not available: ${(error as Error).message}`
		if (process.env.CI === 'true') t.fail(reason)
		else t.pass()
		t.log(`skipped: ${reason}`)
		return undefined
	}
}

export function fetchedGuest(t: ExecutionContext, name: string): Promise<GuestParts | undefined> {
	return ifItCanBeHad(t, name, async () => {
		await fetchGuest(name)
		return await resolveGuest(name)
	})
}
