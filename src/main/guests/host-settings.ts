/** What a guest takes over from this machine: apt's way to the mirror, and the user's public keys. */
import {readdir, readFile} from 'node:fs/promises'
import {homedir} from 'node:os'
import {join} from 'node:path'
import {runTool} from './run-tool.ts'

/** This machine's loopback, as a guest of the user network reaches it. */
const hostOfGuests = '10.0.2.2'
const taken = /^(Acquire::(?:https?::Proxy|Check-Valid-Until|Check-Date)) "(.*)";$/

/** @returns text of apt.conf(5). */
export async function aptSettings(signal: AbortSignal | undefined): Promise<string> {
	const {output} = await runTool('apt-config', ['dump'], {signal})
	return settingsForGuest(output)
}

/** @param dump of apt-config(8). */
export function settingsForGuest(dump: string): string {
	const lines = dump.split('\n').flatMap((line) => {
		const [, name, value] = taken.exec(line) ?? []
		if (name === undefined || !value) return []
		const seen = value.replace(/^(https?:\/\/)(localhost|127\.\d+\.\d+\.\d+|\[::1\])(?=[:/]|$)/, `$1${hostOfGuests}`)
		return [`${name} "${seen}";`]
	})
	return lines.join('\n')
}

/** @returns the lines of ~/.ssh/id_*.pub. */
export async function authorizedKeys(folder: string = join(homedir(), '.ssh')): Promise<string> {
	const names = await readdir(folder).catch(() => [])
	const keys = names.filter((name) => /^id_\w+\.pub$/.test(name)).sort()
	const texts = await Promise.all(keys.map((name) => readFile(join(folder, name), 'utf8').catch(() => '')))
	return texts
		.map((text) => text.trim())
		.filter((text) => /^(?:ssh|ecdsa|sk)-\S+ \S+/.test(text))
		.join('\n')
}
