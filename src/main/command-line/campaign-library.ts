/** The interface of campaigns, src/campaign, to the command line. */
import type {LaboratoryEnvironment} from './laboratory.ts'

export type CampaignOptions = Readonly<{
	file: string
	/** The address of a Redis; undefined: all runs are on this host. */
	queue: string | undefined
	/** For results. */
	folder: string
	/** Of this host, that runs may use. */
	cores: number
	/** Seconds without Redis, or without a worker. */
	patience: number
	/** Only lists the runs. */
	dryRun: boolean
	/** Only takes runs that nobody has begun out of the queue. */
	withdraw: boolean
	format: 'text' | 'json'
}>

export type CampaignWorkerOptions = Readonly<{
	queue: string
	/** Undefined: the host's, and the number of the process. */
	name: string | undefined
	cores: number
	/** Seconds after which runs of a worker that says nothing are taken over. */
	lease: number
	/** Seconds without a run. */
	idle: number
	/** Seconds without Redis. */
	patience: number
}>

export type CampaignEnvironment = LaboratoryEnvironment

export type CampaignOutcome = 'succeeded' | 'some failed'

/** What the entry of the bundle exports. */
export type CampaignLibrary = Readonly<{
	/** When the signal aborts, ends with the results so far. @throws UserError */
	campaign: (options: CampaignOptions, environment: CampaignEnvironment) => Promise<CampaignOutcome>
	/** When the signal aborts, gives its runs back. @throws UserError */
	worker: (options: CampaignWorkerOptions, environment: CampaignEnvironment) => Promise<CampaignOutcome>
}>
