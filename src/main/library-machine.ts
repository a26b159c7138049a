/** A machine, the library's main class: checks its options, and gives its memory back when it is disposed of. */
import type {AgentConnection} from '../agent/index.ts'
import {expected, rangeError} from '../errors.ts'
import type {RegisterDump} from '../hart/index.ts'
import type {OpenForward} from '../net/index.ts'
import {copyIn, copyOut} from './agent/copy.ts'
import type {ExecOptions, GuestCommand} from './agent/guest-commands.ts'
import {MachineAgent} from './agent/machine-agent.ts'
import {collectGarbage} from './collect-garbage.ts'
import {parseNetworks} from './command-line/network-options.ts'
import type {OpenDrives} from './drives.ts'
import {MachineCore} from './machine.ts'
import type {CommandLineMachine, MachineConsole, MachineOptions, MachineOutcome} from './machine-interface.ts'
import {checkMachineOptions} from './machine-options.ts'
import type {MachineStatistics} from './machine-statistics.ts'
import type {NetworkOptions} from './network-devices.ts'
import {withLibraryNames} from './option-names.ts'

/** What can still be asked for of a machine that was disposed of. */
type Remains = Readonly<{statistics: MachineStatistics; registers: readonly RegisterDump[]}>

type CreateLibraryMachine = (
	options: MachineOptions,
	drives?: OpenDrives,
	networks?: readonly NetworkOptions[],
) => Promise<Machine>

/** As Machine.create(). @param drives that are open, and stay so; else those of the options are opened. @param networks instead
 * of those of the options. */
export let createMachineOn: CreateLibraryMachine

export class Machine implements CommandLineMachine {
	readonly console: MachineConsole
	readonly harts: number
	/** The ports of this machine that are forwarded to the guest, in the order of the options. */
	readonly forwards: readonly OpenForward[]
	/** @internal */
	readonly agent: AgentConnection | undefined
	readonly #guest: MachineAgent
	readonly #deviceTree: Uint8Array
	/** Its core, or what is left of it. The core holds the shared memory, which is to be given back. */
	#state: Readonly<{core: MachineCore} | {remains: Remains}>
	#disposing: Promise<void> | undefined

	static {
		createMachineOn = async (options, drives, networks) => {
			const checked = checkMachineOptions(options)
			return await withLibraryNames(async () => {
				const ownNetworks = networks ?? parseNetworks({nic: checked.networks ?? []})
				const core = await MachineCore.create({...checked, ownNetworks, ...(drives && {openDrives: drives})})
				return new Machine(core, checked, ownNetworks)
			})
		}
	}

	/** @throws UserError for the user's mistakes: options, files, sizes, formats. */
	static async create(options: MachineOptions): Promise<Machine> {
		return await createMachineOn(options)
	}

	private constructor(
		core: MachineCore,
		{agent: mode, shares = []}: MachineOptions,
		networks: readonly NetworkOptions[],
	) {
		this.console = core.console
		this.harts = core.harts
		this.forwards = core.forwards
		this.agent = core.agent
		this.#guest = new MachineAgent({connection: core.agent, mode, shares, networks})
		this.#deviceTree = core.deviceTree()
		this.#state = {core}
	}

	get #core(): MachineCore | undefined {
		return 'core' in this.#state ? this.#state.core : undefined
	}

	/**
	 * Runs until the guest powers off, reboots, exits with a code, or fails, or the machine is stopped. Only once.
	 * @throws UserError if the machine is running, has run or was disposed of.
	 */
	async run(): Promise<MachineOutcome> {
		if (!this.#core) throw MachineCore.notNew('over')
		return await this.#core.run()
	}

	/**
	 * Runs a command in the guest, which must have been given an agent (option `agent`). Waits until the agent is there: call run()
	 * before. The first call of a machine whose agent is alone also mounts its folders, where the host has them, and sets up its
	 * network. A command whose output nobody reads waits once 256 KiB of it are there.
	 * @param command the program and its arguments: not for a shell.
	 * @throws UserError if the machine has no agent, or the command cannot be sent. @throws if the machine ends before.
	 * @throws the reason of the options' signal, if it aborts before the command runs.
	 */
	async exec(command: readonly string[], options: ExecOptions = {}): Promise<GuestCommand> {
		return await this.#guest.exec(command, options)
	}

	/**
	 * Copies a file or a folder of the host into the guest, which needs a `tar`.
	 * @param to a folder that is there gets the copy within; else it is the copy's own path. @throws UserError if it fails.
	 */
	async copyIn(from: string, to: string): Promise<void> {
		await copyIn(await this.#guest.ready(), {from, to})
	}

	/** The other way: from the guest to the host. @throws UserError if it fails. */
	async copyOut(from: string, to: string): Promise<void> {
		await copyOut(await this.#guest.ready(), {from, to})
	}

	/** Asks the agent to power the guest off; run() resolves once it has. @throws UserError if the machine has no agent. */
	async powerOff(): Promise<void> {
		const agent = await this.#guest.ready()
		agent.powerOff()
	}

	/**
	 * Asks the guest to do with so many bytes of RAM, as QEMU's `balloon`: the rest goes into its balloon, and back to the host. It
	 * follows in its own time, as far as it can: see `balloon` in the statistics.
	 * @throws UserError without a balloon (option `balloon`), for more RAM than there is, and once the machine was disposed of.
	 */
	async resizeBalloon(bytes: number): Promise<void> {
		if (!this.#core) throw expected('a machine with a balloon', 'one that was disposed of')
		await this.#core.resizeBalloon(bytes)
	}

	/** Parks every hart soon. Resolves once all are parked, or if the machine ends or is resumed. */
	async pause(): Promise<void> {
		await this.#core?.pause()
	}

	/** Resumes after pause(). */
	resume(): void {
		this.#core?.resume()
	}

	/** Stops the machine without asking the guest; run() resolves. */
	stop(): void {
		this.#core?.stop()
	}

	/** The registers of a parked hart. @throws RangeError if it does not exist. @throws UserError while harts run. */
	async registers(hart: number): Promise<RegisterDump> {
		if (!(Number.isInteger(hart) && hart >= 0 && hart < this.harts))
			throw rangeError(`a hart from 0 to ${this.harts - 1}`, String(hart))
		return 'core' in this.#state ? this.#state.core.registers(hart) : this.#state.remains.registers[hart]!
	}

	/** Counters of harts, TLBs and grace periods. Exact while the machine is paused or over, otherwise approximate. */
	statistics(): MachineStatistics {
		return 'core' in this.#state ? this.#state.core.statistics() : this.#state.remains.statistics
	}

	/**
	 * A digest of registers, devices and memory: SHA-256, as hexadecimal digits. In serial mode two runs of one seed have the same.
	 * @throws UserError while harts run, or if the machine was disposed of.
	 */
	async digest(): Promise<string> {
		if (!this.#core) throw expected('a machine that is paused or over to make a digest of', 'one that was disposed of')
		return await this.#core.digest()
	}

	/** The guest's flattened device tree. */
	deviceTree(): Uint8Array {
		return this.#deviceTree
	}

	/** Stops the machine, ends its threads, and gives its memory back. Statistics and registers remain. */
	[Symbol.asyncDispose](): Promise<void> {
		this.#disposing ??= this.#dispose()
		return this.#disposing
	}

	async #dispose(): Promise<void> {
		await this.#end()
		// Not in the frame that knew the core.
		await collectGarbage()
	}

	async #end(): Promise<void> {
		const core = this.#core
		if (!core) return
		await core[Symbol.asyncDispose]()
		const registers = await Promise.all(Array.from({length: this.harts}, (_, hart) => core.registers(hart)))
		this.#state = {remains: {statistics: core.statistics(), registers}}
	}
}
