/** Chooses the guest that a run boots. */
import {fetchWithProgress} from './fetch-progress.ts'
import type {GuestLibrary, GuestParts} from './guest-library.ts'
import type {RunOptions} from './run-options.ts'

const mainGuest = 'debian'
const builtInGuest = 'smp-demo'

/** The parts of a guest: paths of files, the kernel's command line, and the guest's own disk and networks. */
export type BootParts = RunOptions['parts'] & Pick<GuestParts, 'drives' | 'networks'>

export type ChooseGuestOptions = Readonly<{
	guests: GuestLibrary
	/** Shows a line to the user. */
	say: (line: string) => void
	signal: AbortSignal
}>

/**
 * The named guest; or the given files; or Debian, fetched on the first run, and our own demonstration if that fails.
 */
export async function chooseGuest(
	{guest, parts, dumpdtb}: RunOptions,
	{guests, say, signal}: ChooseGuestOptions,
): Promise<BootParts> {
	if (guest !== undefined) return {...(await guests.resolveGuest(guest)), ...parts}
	if (parts.kernel !== undefined || parts.bios !== undefined) return parts
	// The tree of the machine alone, as from QEMU without a kernel: it says nothing of the program.
	if (dumpdtb !== undefined) return {kernel: (await guests.resolveGuest(builtInGuest)).kernel!, ...parts}
	return {...(await mainJob({guests, say, signal})), ...parts}
}

async function mainJob({guests, say, signal}: ChooseGuestOptions): Promise<BootParts> {
	try {
		await fetchWithProgress(mainGuest, {guests, signal})
		return await guests.resolveGuest(mainGuest)
	} catch (error) {
		signal.throwIfAborted()
		const reason = error instanceof Error ? error.message : String(error)
		say(`manyhart: ${mainGuest} is not available (${reason.split('\n')[0]}); starting ${builtInGuest} instead`)
	}
	return guests.resolveGuest(builtInGuest)
}
