/** What a machine has of the world outside: disks, folders, networks, ports and a balloon, in slots in this order, and the I/O workers that serve them. */
import type {MessagePort} from 'node:worker_threads'
import type {ServedDevice, VirtioMmioVersion, WorkerBells} from '../board/index.ts'
import {expected} from '../errors.ts'
import type {IoConfig} from '../io/index.ts'
import type {SharedMemory} from '../memory/index.ts'
import type {OpenForward} from '../net/index.ts'
import type {AgentMode} from './agent/agent-archive.ts'
import {BalloonDevice, type BalloonOptions, balloonWorker} from './balloon.ts'
import {Consoles, type PortOptions} from './consoles.ts'
import {type DriveOptions, firstDriveSlot, OpenDrives} from './drives.ts'
import {IoThread} from './io-thread.ts'
import {type NetworkOptions, networkDevices, networkIo, networkWorker} from './network-devices.ts'
import {type ShareOptions, Shares} from './shares.ts'

/** @property openDrives in place of `drives`; its opener closes them. */
export type OutsideOptions = Readonly<{
	drives?: readonly DriveOptions[]
	openDrives?: OpenDrives
	shares?: readonly ShareOptions[]
	ownNetworks?: readonly NetworkOptions[]
	ports?: readonly PortOptions[]
	agent?: AgentMode
	balloon?: BalloonOptions
}>

/** Where the worker finds the devices. */
type IoPlace = Readonly<{harts: number; virtioMmioVersion: VirtioMmioVersion | undefined}>

/** @throws UserError for devices that serial mode cannot have. */
export function checkSerialDevices(options: OutsideOptions): void {
	const {drives, openDrives, shares, ownNetworks, ports, agent, balloon} = options
	const counts = {
		'--drive': (openDrives?.count ?? 0) + (drives?.length ?? 0),
		'--share': shares?.length ?? 0,
		'--nic': ownNetworks?.length ?? 0,
		'--device virtserialport': ports?.length ?? 0,
		'--name': agent ? 1 : 0,
		'--device virtio-balloon-device': balloon ? 1 : 0,
	}
	for (const [option, count] of Object.entries(counts))
		if (count > 0) throw expected(`${option} without --serial, where nothing comes from outside`, 'both')
}

export class IoDevices implements AsyncDisposable {
	/** All of them, for each board. */
	readonly served: readonly ServedDevice[]
	readonly #drives: OpenDrives
	readonly #ownsDrives: boolean
	readonly #shares: Shares
	readonly #networks: ReturnType<typeof networkDevices>
	readonly #consoles: Consoles
	readonly balloon: BalloonDevice
	/** One each for disks, folders, networks, ports and the balloon, where the machine has such. */
	readonly #threads: IoThread[] = []
	#forwards: readonly OpenForward[] = []

	private constructor(drives: OpenDrives, options: OutsideOptions) {
		this.#drives = drives
		this.#ownsDrives = drives !== options.openDrives
		this.#shares = new Shares(options.shares ?? [], drives.count)
		const others = drives.count + this.#shares.count
		this.#networks = networkDevices(options.ownNetworks ?? [], firstDriveSlot + others)
		const {agent, ports = []} = options
		const consoleSlot = firstDriveSlot + others + this.#networks.devices.length
		this.#consoles = new Consoles({agent: agent !== undefined, ports}, consoleSlot)
		this.balloon = new BalloonDevice(options.balloon, consoleSlot + this.#consoles.devices().length)
		this.served = [
			...drives.devices(),
			...this.#shares.devices(),
			...this.#networks.devices,
			...this.#consoles.devices(),
			...this.balloon.devices(),
		]
	}

	/** Opens the files of disks, and warns of what the user should know of them. @throws UserError for what cannot be used. */
	static async open(options: OutsideOptions): Promise<IoDevices> {
		if (options.openDrives) return new IoDevices(options.openDrives, options)
		await using opened = new AsyncDisposableStack()
		const drives = opened.use(await OpenDrives.open(options.drives ?? []))
		for (const warning of drives.warnings) process.emitWarning(warning)
		const devices = new IoDevices(drives, options)
		opened.move()
		return devices
	}

	/** Starts the threads. Whoever disposes of this ends them. @throws when the host cannot start one. */
	createThreads(
		memory: SharedMemory,
		{entry, bells, ...place}: IoPlace & Readonly<{entry: URL; bells: WorkerBells}>,
	): void {
		const rest = {...place, served: this.served}
		const configs: readonly IoConfig[] = [
			...(this.#drives.count > 0 ? [this.#drives.ioConfig(memory, rest)] : []),
			...(this.#shares.count > 0 ? [this.#shares.ioConfig(memory, rest)] : []),
			...(this.#networks.slots.length > 0 ? [networkIo(this.#networks.slots, memory, rest)] : []),
		]
		for (const config of configs) this.#threads.push(new IoThread({entry, config, bells}))
		const consoles = this.#consoles.ioConfig(memory, rest)
		if (consoles) this.#threads.push(new IoThread({entry, bells, ...consoles}))
		const balloon = this.balloon.ioConfig(memory, rest)
		if (balloon) this.#threads.push(new IoThread({entry, bells, config: balloon}))
	}

	/** Opens the ports that are forwarded. @throws UserError for those that cannot be opened. */
	async openForwards(): Promise<void> {
		const network = this.#threads.find(({worker}) => worker === networkWorker)
		this.#forwards = (await network?.open()) ?? []
	}

	/** Asks the guest to have so many pages in its balloon. */
	async resizeBalloon(pages: number): Promise<void> {
		await this.#threads.find(({worker}) => worker === balloonWorker)?.resizeBalloon(pages)
	}

	/** This end of the agent's port; undefined without an agent. */
	get agentPort(): MessagePort | undefined {
		return this.#consoles.agentPort
	}

	/** The ports that are forwarded to the guest. */
	get forwards(): readonly OpenForward[] {
		return this.#forwards
	}

	/** The workers serve from now on. @param onFailure called if one ends before it is asked to, or cannot bring all to the disks. */
	start(onFailure: (worker: number, message: string) => void): void {
		for (const thread of this.#threads) thread.start((message) => onFailure(thread.worker, message))
	}

	/** The workers that have not ended since start(). */
	get running(): readonly number[] {
		return this.#threads.filter(({isRunning}) => isRunning).map(({worker}) => worker)
	}

	/** Resolves once all that the guest wrote is on the disks, or has failed to get there. While no vCPU runs. */
	async drain(): Promise<void> {
		await Promise.all(this.#threads.map((thread) => thread.drain()))
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await Promise.all(this.#threads.map((thread) => thread[Symbol.asyncDispose]()))
		if (this.#ownsDrives) await this.#drives[Symbol.asyncDispose]()
	}
}
