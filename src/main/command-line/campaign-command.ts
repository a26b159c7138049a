/** `manyhart campaign` and `campaign worker`. Campaigns are a bundle of their own, which only these commands load. */
import {exitCodes} from '../../exit-codes.ts'
import {campaignUrl} from '../artifacts.ts'
import type {CampaignLibrary, CampaignOptions, CampaignWorkerOptions} from './campaign-library.ts'
import {fetchWithProgress} from './fetch-progress.ts'
import type {LaboratoryCommandOptions} from './laboratory-command.ts'
import {EndingSignals, SignalReceived} from './signals.ts'

/** Results on stdout, the table on stderr. @returns the exit code. */
export const campaignCommand = (options: CampaignOptions, laboratory: LaboratoryCommandOptions): Promise<number> =>
	carryOut(laboratory, (library, environment) => library.campaign(options, environment))

export const campaignWorkerCommand = (
	options: CampaignWorkerOptions,
	laboratory: LaboratoryCommandOptions,
): Promise<number> => carryOut(laboratory, (library, environment) => library.worker(options, environment))

async function carryOut(
	{guests, version, command}: LaboratoryCommandOptions,
	begin: (
		library: CampaignLibrary,
		environment: Parameters<CampaignLibrary['campaign']>[1],
	) => ReturnType<CampaignLibrary['campaign']>,
): Promise<number> {
	using signals = new EndingSignals()
	const {signal} = signals
	const library: CampaignLibrary = await import(campaignUrl().href)
	const outcome = await begin(library, {
		...{version, command, signal},
		prepareLinux: () => fetchWithProgress('debian', {guests, signal}),
		print: console.log,
		stream: process.stderr,
	})
	// What was measured until the signal is written.
	if (signal.reason instanceof SignalReceived) return signal.reason.exitCode
	return (outcome === 'succeeded' ? exitCodes.success : exitCodes.failed).code
}
