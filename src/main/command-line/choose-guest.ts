/** Which guest a run boots. */

import {fetchWithProgress} from './fetch-progress.ts'
import type {GuestLibrary} from './guest-library.ts'
import type {RunOptions} from './run-options.ts'

const mainGuest = 'debian'
const builtInGuest = 'smp-demo'

/** What a run boots: paths of files, and the command line. */
export type BootParts = RunOptions['parts']

export type ChooseGuestOptions = Readonly<{
	guests: GuestLibrary
	/** Shows a line. */
	say: (line: string) => void
	signal: AbortSignal
}>

/**
 * The guest that is named, else the files that are given, else the main job: Debian, fetched at its first run,
 * and our own demonstration where it cannot be had.
 */
export async function chooseGuest(
	{guest, parts, dumpdtb}: RunOptions,
	{guests, say, signal}: ChooseGuestOptions,
): Promise<BootParts> {
	if (guest !== undefined) return {...(await guests.resolveGuest(guest)), ...parts}
	if (parts.kernel !== undefined || parts.bios !== undefined || dumpdtb !== undefined) return parts
	return {...(await mainJob({guests, say, signal})), ...parts}
}

async function mainJob({guests, say, signal}: ChooseGuestOptions): Promise<BootParts> {
	try {
		await fetchWithProgress(mainGuest, {guests, signal})
		return await guests.resolveGuest(mainGuest)
	} catch (error) {
		signal.throwIfAborted()
		const reason = error instanceof Error ? error.message : String(error)
		say(`manyhart: ${mainGuest} cannot be had (${reason.split('\n')[0]}); starting ${builtInGuest} instead`)
	}
	return guests.resolveGuest(builtInGuest)
}
