/** `manyhart guest list | fetch NAME | remove NAME`. Results on stdout, progress on stderr. */
import {fetchWithProgress} from './fetch-progress.ts'
import type {GuestInfo, GuestLibrary} from './guest-library.ts'
import {EndingSignals} from './signals.ts'

export type GuestOutput = Readonly<{format: 'text' | 'json'; print: (text: string) => void}>

export async function listCommand(guests: GuestLibrary, {format, print}: GuestOutput): Promise<number> {
	const list = await guests.listGuests()
	print(format === 'json' ? JSON.stringify(list, undefined, '\t') : list.map(guestLine).join('\n'))
	return 0
}

export type FetchCommandOptions = GuestOutput &
	Readonly<{
		/** Names of more packages, with commas. */
		packages: string | undefined
	}>

export async function fetchCommand(
	plainName: string,
	guests: GuestLibrary,
	{format, print, packages}: FetchCommandOptions,
): Promise<number> {
	const name = packages === undefined ? plainName : guests.withPackages(plainName, packages.split(','))
	using signals = new EndingSignals()
	await fetchWithProgress(name, {guests, signal: signals.signal})
	if (format === 'json') print(JSON.stringify({name, ...(await guests.resolveGuest(name))}, undefined, '\t'))
	else print(`${name} is ready: manyhart run --guest ${name}`)
	return 0
}

export async function removeCommand(name: string, guests: GuestLibrary, {format, print}: GuestOutput): Promise<number> {
	using signals = new EndingSignals()
	const onWait = () =>
		void process.stderr.write(`manyhart: ${name}: waiting for another process that fetches or removes a guest\n`)
	const {folder, bytes, layers} = await guests.removeGuest(name, {onWait, signal: signals.signal})
	if (format === 'json') print(JSON.stringify({name, removed: folder !== undefined, folder, bytes, layers}))
	else if (folder === undefined) print(`${name} was not fetched: nothing to remove`)
	else
		print(
			`${[name, ...layers].join(', ')} ${layers.length > 0 ? 'are' : 'is'} removed: ${mebibytes(bytes)} in ${folder}`,
		)
	return 0
}

const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`

function guestLine({name, state, bytes, description}: GuestInfo): string {
	const size = bytes ? mebibytes(bytes) : ''
	return [name.padEnd(14), state.padEnd(12), size.padEnd(10), description ?? ''].join(' ').trimEnd()
}
