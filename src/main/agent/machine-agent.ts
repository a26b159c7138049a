/** The agent in the guest of a machine of the library's: set up once, then commands and copies. */
import type {AgentConnection} from '../../agent/index.ts'
import {expected} from '../../errors.ts'
import type {NetworkOptions} from '../network-devices.ts'
import type {ShareOptions} from '../shares.ts'
import {untilAborted} from '../until-aborted.ts'
import type {AgentMode} from './agent-archive.ts'
import {type ExecOptions, type GuestCommand, startCommand} from './guest-commands.ts'
import {setUpGuest, sharePlaces} from './guest-setup.ts'

/** Where commands run if nothing is shared. */
export const homeFolder = '/root'

type Options = Readonly<{
	/** Undefined: the machine has none. */
	connection: AgentConnection | undefined
	mode: AgentMode | undefined
	shares: readonly ShareOptions[]
	networks: readonly NetworkOptions[]
}>

export class MachineAgent {
	readonly #options: Options
	#setUp: Promise<string> | undefined

	constructor(options: Options) {
		this.#options = options
	}

	/**
	 * Waits until the agent is there. @throws UserError if there is none, or the command cannot be sent. @throws the reason of the
	 * options' signal as soon as it aborts.
	 */
	async exec(command: readonly string[], options: ExecOptions): Promise<GuestCommand> {
		const {signal} = options
		const preparing = this.#prepare()
		const {connection, cwd} = await (signal ? untilAborted(signal, preparing) : preparing)
		return startCommand(connection, {command, cwd, options})
	}

	/** Goes on if nobody waits for it any more: the next command needs it, too. */
	async #prepare(): Promise<Readonly<{connection: AgentConnection; cwd: string}>> {
		const connection = await this.ready()
		this.#setUp ??= this.#setUpGuest(connection)
		return {connection, cwd: await this.#setUp}
	}

	/** @throws UserError if there is none. */
	async ready(): Promise<AgentConnection> {
		const {connection} = this.#options
		if (!connection) throw expected("a machine with the option agent ('alone' or 'beside') for this", 'one without')
		await connection.ready
		return connection
	}

	/** Beside an init of its own the guest sees to that itself. @returns where commands run. */
	async #setUpGuest(connection: AgentConnection): Promise<string> {
		const {mode, shares, networks} = this.#options
		if (mode !== 'alone') return homeFolder
		const [first] = await setUpGuest(connection, {places: sharePlaces(shares), networks})
		return first ?? homeFolder
	}
}
