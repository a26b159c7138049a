/** `manyhart bench flush`. The laboratory is a bundle of its own, which only this command loads. */
import {laboratoryUrl} from '../artifacts.ts'
import {fetchWithProgress} from './fetch-progress.ts'
import type {GuestLibrary} from './guest-library.ts'
import type {BenchOptions, Laboratory} from './laboratory.ts'
import {EndingSignals, SignalReceived} from './signals.ts'

export type BenchCommandOptions = Readonly<{
	guests: GuestLibrary
	/** Of the package. */
	version: string
	/** As typed. */
	command: string
}>

/** Results on stdout, progress on stderr. */
export async function benchFlushCommand(
	options: BenchOptions,
	{guests, version, command}: BenchCommandOptions,
): Promise<number> {
	using signals = new EndingSignals()
	const {signal} = signals
	const {benchFlush}: Laboratory = await import(laboratoryUrl().href)
	const outcome = await benchFlush(options, {
		version,
		command,
		prepareLinux: () => fetchWithProgress('debian', {guests, signal}),
		signal,
		print: console.log,
		stream: process.stderr,
	})
	// What was measured until the signal is written.
	if (signal.reason instanceof SignalReceived) return signal.reason.exitCode
	return outcome === 'succeeded' ? 0 : 1
}
