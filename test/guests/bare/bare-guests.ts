/** Guests in M-mode without firmware or runtime: where their files lie, what QEMU printed, and how to run them here. */
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {Machine} from '../../../src/main/index.ts'
import {patience} from '../../support/patience.ts'
import {testTranslation} from '../../support/translation.ts'

const projectRoot = join(import.meta.dirname, '../../..')

export type BareGuest = 'warl' | 'pmp' | 'everywhere' | 'registers'
export const bareGuests: readonly BareGuest[] = ['warl', 'pmp', 'everywhere', 'registers']
/** RAM, in the recording and here. */
export const bareGuestMebibytes = 64

const folder = 'test/guests/bare'

/** Paths relative to the project. */
export const bareGuestFiles = (guest: BareGuest) =>
	({
		source: `${folder}/${guest}.c`,
		header: `${folder}/bare.h`,
		linkerScript: `${folder}/bare.ld`,
		binary: `test/guests/bin/${guest}.elf`,
		recorded: `${folder}/${guest}.txt`,
	}) as const

/** What was tried → what was read back, as printed. */
export type GuestLines = ReadonlyMap<string, string>

export function parseLines(text: string): GuestLines {
	const lines = text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'))
	return new Map(lines.map((line) => line.split(': ') as [string, string]))
}

export async function recordedText(guest: BareGuest): Promise<string> {
	return await readFile(join(projectRoot, bareGuestFiles(guest).recorded), 'utf8')
}

/** @returns what QEMU printed. */
export async function recordedLines(guest: BareGuest): Promise<GuestLines> {
	return parseLines(await recordedText(guest))
}

/** @returns what it prints here, in M-mode without firmware. */
export async function runBareGuest(guest: BareGuest): Promise<GuestLines> {
	const signal = AbortSignal.timeout(patience)
	const kernel = join(projectRoot, bareGuestFiles(guest).binary)
	await using machine = await Machine.create({
		smp: 1,
		memory: bareGuestMebibytes * 2 ** 20,
		kernel,
		bios: 'none',
		signal,
		...testTranslation(),
	})
	const outcome = machine.run()
	let text = ''
	for await (const bytes of machine.console) text += Buffer.from(bytes).toString('latin1')
	const {reason} = await outcome
	if (reason !== 'power-off') throw new Error(`Expected the guest ${guest} to end by itself, got ${reason}`)
	return parseLines(text)
}
