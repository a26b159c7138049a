/** `manyhart bench`, `scale` and `report`. The laboratory is a bundle of its own, which only these commands load. */
import {exitCodes} from '../../exit-codes.ts'
import {laboratoryUrl} from '../artifacts.ts'
import {fetchWithProgress} from './fetch-progress.ts'
import type {GuestLibrary} from './guest-library.ts'
import type {CompareOptions, Laboratory, LaboratoryEnvironment, RenderOptions} from './laboratory.ts'
import {EndingSignals, SignalReceived} from './signals.ts'

export type LaboratoryCommandOptions = Readonly<{
	guests: GuestLibrary
	/** Of the package. */
	version: string
	/** As typed. */
	command: string
}>

const loadLaboratory = async (): Promise<Laboratory> => await import(laboratoryUrl().href)

/** Measures. Results on stdout, progress on stderr. @returns the exit code. */
export async function measureCommand<Options>(
	name: 'benchFlush' | 'scale',
	options: Options,
	{guests, version, command}: LaboratoryCommandOptions,
): Promise<number> {
	using signals = new EndingSignals()
	const {signal} = signals
	const measure = (await loadLaboratory())[name] as (
		options: Options,
		environment: LaboratoryEnvironment,
	) => ReturnType<Laboratory['scale']>
	const outcome = await measure(options, {
		version,
		command,
		prepareLinux: () => fetchWithProgress('debian', {guests, signal}),
		signal,
		print: console.log,
		stream: process.stderr,
	})
	// What was measured until the signal is written.
	if (signal.reason instanceof SignalReceived) return signal.reason.exitCode
	return (outcome === 'succeeded' ? exitCodes.success : exitCodes.failed).code
}

export async function compareCommand(options: CompareOptions): Promise<void> {
	await (await loadLaboratory()).compare(options, {print: console.log})
}

export async function renderCommand(options: RenderOptions): Promise<void> {
	await (await loadLaboratory()).render(options, {print: console.log})
}
