/** `manyhart stress`. Its runs are a bundle of their own, which only this command loads. */
import {exitCodes} from '../../exit-codes.ts'
import {stressUrl} from '../artifacts.ts'
import {EndingSignals, SignalReceived} from './signals.ts'
import type {StressLibrary, StressOptions} from './stress-library.ts'

/** Results on stdout, the live line on stderr. @returns the exit code. */
export async function stressCommand(options: StressOptions): Promise<number> {
	using signals = new EndingSignals()
	const {signal} = signals
	const {stress}: StressLibrary = await import(stressUrl().href)
	const outcome = await stress(options, {signal, print: console.log, stream: process.stderr})
	if (outcome === 'violated' || outcome === 'missed') return exitCodes.failed.code
	return signal.reason instanceof SignalReceived ? signal.reason.exitCode : 0
}
