/** The core of a machine: runs its parts, pauses and stops them, and says how the run ended. */
import type {AgentConnection} from '../agent/index.ts'
import {MainDoorbell, StopReason} from '../board/index.ts'
import {assert, expected, type UserError} from '../errors.ts'
import {exitCodes} from '../exit-codes.ts'
import {HartRegisters, type RegisterDump} from '../hart/index.ts'
import {Doorbell, type VcpuBlocks} from '../memory/index.ts'
import type {OpenForward} from '../net/index.ts'
import {StallWatch} from '../rcu/index.ts'
import type {RecordedHandover, SerialControl} from '../serial/index.ts'
import {activityOf} from '../vcpu-worker/index.ts'
import {collectGarbage} from './collect-garbage.ts'
import type {ConsoleStream} from './console-stream.ts'
import {heartbeat} from './heartbeat.ts'
import {HostSide} from './host-side.ts'
import {digestOf} from './machine-digest.ts'
import type {CommandLineMachine, MachineOutcome} from './machine-interface.ts'
import {type CoreOptions, MachineParts} from './machine-parts.ts'
import {type MachineStatistics, readStatistics} from './machine-statistics.ts'
import {StuckHarts} from './stuck-harts.ts'
import type {VcpuDied} from './vcpu-threads.ts'

/** Heartbeats through which a vCPU may run on after a stop, and through which a device's lock may be held. */
const [parkLimit, deviceLimit] = [5, 10]
/** Heartbeats after which I/O workers that are not done after a stop are reported, and given up: a slow disk takes its time. */
const [drainReport, drainLimit] = [10, 300]

type Pause = Readonly<{parked: PromiseWithResolvers<void>; resumed: PromiseWithResolvers<void>}>

const outcomeReason = {
	[StopReason.powerOff]: 'power-off',
	[StopReason.reboot]: 'reboot',
	[StopReason.exitCode]: 'exit',
	[StopReason.error]: 'error',
	[StopReason.host]: 'stopped',
	[StopReason.aborted]: 'aborted',
} as const satisfies Record<StopReason, MachineOutcome['reason']>

export class MachineCore implements CommandLineMachine {
	readonly console: ConsoleStream
	readonly harts: number
	/** Undefined without an agent. */
	readonly agent: AgentConnection | undefined
	readonly #parts: MachineParts
	readonly #abort: AbortSignal | undefined
	readonly #stalls: StallWatch
	readonly #stuckHarts: StuckHarts
	#phase: 'created' | 'starting' | 'running' | 'paused' | 'over' = 'created'
	/** Set from pause() to resume(). */
	#pause: Pause | undefined
	#running: Promise<MachineOutcome> | undefined
	#disposing: Promise<void> | undefined
	/** Rejects if the machine does not end in time after a stop. */
	readonly #overdue = Promise.withResolvers<never>()
	#beatsSinceStop = 0
	/** While the I/O workers bring to the disks what the guest wrote. */
	#draining: {beats: number; giveUp: () => void} | undefined
	/** The failure of an I/O worker, which may come after the guest has ended. */
	#ioFailure: string | undefined

	/** @param options checked by checkMachineOptions(). @throws UserError for files that are wrong, and for sizes. */
	static async create(options: CoreOptions): Promise<MachineCore> {
		return new MachineCore(await MachineParts.create(options), options.signal)
	}

	private constructor(parts: MachineParts, abort: AbortSignal | undefined) {
		this.console = parts.console
		this.harts = parts.harts
		this.agent = parts.agent
		this.#parts = parts
		this.#abort = abort
		this.#stalls = new StallWatch(parts.rcu)
		this.#stuckHarts = new StuckHarts(parts.blocks)
		this.#overdue.promise.catch(() => {})
	}

	/**
	 * Runs until the guest powers off, reboots, exits with a code, or fails, or the machine is stopped. Only once.
	 * @throws UserError if the machine is running or has run.
	 */
	async run(): Promise<MachineOutcome> {
		if (this.#phase !== 'created') throw MachineCore.notNew(this.#phase)
		this.#phase = 'starting'
		// Gives back what the guest was loaded from, which nothing holds any more: the kernel's bytes, all in RAM now.
		void collectGarbage()
		this.#running = this.#run()
		return await this.#running
	}

	static notNew(phase: string): UserError {
		return expected('a machine that has not run yet', `one that is ${phase}`)
	}

	async #run(): Promise<MachineOutcome> {
		// Whatever fails, nothing is left that keeps the process alive.
		using atEnd = new DisposableStack()
		// Also keeps the process alive: the threads and the wait on the main doorbell do not.
		using _beat = heartbeat.start(() => this.#beat())
		this.#parts.times?.start()
		atEnd.defer(() => this.#parts.times?.[Symbol.dispose]())
		this.#abort?.addEventListener('abort', this.#onAbort, {once: true})
		atEnd.defer(() => this.#abort?.removeEventListener('abort', this.#onAbort))
		if (this.#abort?.aborted) this.#onAbort()
		this.#parts.io.start((worker, message) => this.#onIoFailure(worker, message))
		const pumping = this.#pump()
			.catch((error: Error) => this.#parts.failures.stop(`the console failed: ${error.message}`))
			.finally(() => this.console.end())
		try {
			await this.#untilStopped()
		} catch (error) {
			this.#parts.failures.stop((error as Error).message)
			// A thread did not park, or did not start.
			await this.#parts.threads[Symbol.asyncDispose]()
			// I/O workers may wait for locks that it held.
			for (let hart = 0; hart < this.harts; hart++) this.#parts.board.orphan({hart})
		}
		await this.#drain()
		// The worker has closed its end of the agent's port, or has died. What it sent before is taken first.
		await Promise.race([this.agent?.closed, this.#overdue.promise.catch(() => {})])
		this.#phase = 'over'
		this.#parts.translation?.close()
		this.#parts.board.control.ringMain(MainDoorbell.stop)
		this.#pause?.parked.resolve()
		// What an emulator that failed has made is not worth keeping. Does not wait for a helper that hangs: dispose() ends it.
		const writing = this.#parts.failures.message === undefined ? this.#parts.kept?.write() : undefined
		const helping = Promise.all([this.#parts.helpers?.idle(), writing])
		await Promise.all([pumping, Promise.race([helping, this.#overdue.promise.catch(() => {})])])
		this.#parts.tableWatch.check()
		return this.#outcome()
	}

	async #untilStopped(): Promise<void> {
		await Promise.race([this.#parts.threads.reset(this.#parts.serial ? 'in turn' : 'at once'), this.#overdue.promise])
		await Promise.race([this.#parts.kept?.settled, this.#overdue.promise])
		for (;;) {
			// The bell of an earlier pause must not park a hart in the next run. A stop from before this is seen below; a
			// later one rings again.
			for (let vcpu = 0; vcpu < this.harts; vcpu++) this.#parts.blocks.silence(vcpu, Doorbell.pause)
			if (this.#parts.board.control.stop()) return
			if (this.#pause) {
				this.#phase = 'paused'
				this.#pause.parked.resolve()
				await this.#pause.resumed.promise
				continue
			}
			this.#phase = 'running'
			this.#parts.serial?.restart()
			await Promise.race([this.#parts.threads.run((died) => this.#onDeath(died)), this.#overdue.promise])
		}
	}

	/** Parks every vCPU at its next safepoint. Resolves once all are parked, or if the machine ends or is resumed. */
	async pause(): Promise<void> {
		if (this.#phase === 'created' || this.#phase === 'over') return
		if (!this.#pause) {
			this.#pause = {parked: Promise.withResolvers(), resumed: Promise.withResolvers()}
			for (let vcpu = 0; vcpu < this.harts; vcpu++) this.#parts.blocks.ring(vcpu, Doorbell.pause)
		}
		await this.#pause.parked.promise
	}

	/** Resumes after pause(). */
	resume(): void {
		const pause = this.#pause
		this.#pause = undefined
		pause?.resumed.resolve()
		pause?.parked.resolve()
	}

	/** Stops the machine without asking the guest; run() resolves. */
	stop(): void {
		this.#stop(StopReason.host)
	}

	#stop(reason: StopReason): void {
		this.#parts.board.control.requestStop({reason})
		this.resume()
	}

	/** The registers of a parked hart. @throws UserError while harts run. */
	async registers(hart: number): Promise<RegisterDump> {
		if (this.#phase === 'running')
			throw expected('a paused machine (await pause()) to read registers of', 'one that runs')
		return new HartRegisters(this.#parts.memory, this.#parts.blocks.base(hart)).dump()
	}

	/** Counters of harts, TLBs and grace periods. Exact while the machine is paused or over, otherwise approximate. */
	statistics(): MachineStatistics {
		return readStatistics({
			memory: this.#parts.memory,
			blocks: this.#parts.blocks,
			rcu: this.#parts.rcu,
			tlb: this.#parts.tlb,
			translation: this.#parts.translation
				? this.#parts.translation.statistics()
				: this.#parts.translates
					? 'by harts'
					: undefined,
			kept: this.#parts.kept?.statistics,
			countsChains: this.#parts.countsChains,
			times: this.#parts.times,
			balloon: this.#parts.balloon,
		})
	}

	/** Guest memory and fences from outside, for stress runs. Not in serial mode, where the host has no turn. */
	get hostSide(): HostSide {
		return new HostSide(this.#parts.memory, {blocks: this.#parts.blocks, tlb: this.#parts.tlb})
	}

	/** The words of the vCPUs that any thread may write: for measurements. */
	get blocks(): VcpuBlocks {
		return this.#parts.blocks
	}

	/**
	 * A digest of registers, devices and memory: SHA-256, as hexadecimal digits. In serial mode two runs of one seed have the same.
	 * @throws UserError while harts run.
	 */
	async digest(): Promise<string> {
		if (this.#phase === 'running' || this.#phase === 'starting')
			throw expected('a machine that is paused or over to make a digest of', `one that is ${this.#phase}`)
		const ticks = this.#parts.serial && Math.floor(this.#parts.serial.clock)
		return digestOf({memory: this.#parts.memory, blocks: this.#parts.blocks, ticks})
	}

	/** In serial mode: whether every hart waits, and none for a time. The world outside may wake one. */
	get isIdle(): boolean {
		return this.#phase === 'running' && this.#parts.serial?.isIdle === true
	}

	/** In serial mode: decisions about turns so far. */
	get turnSteps(): number {
		return this.#parts.serial?.steps ?? 0
	}

	/** In serial mode: handovers that were not the usual ones; undefined if they were too many. While the harts are parked. */
	get handovers(): readonly RecordedHandover[] | undefined {
		return this.#parts.serial?.recorded()
	}

	/** The ports that are forwarded to the guest. */
	get forwards(): readonly OpenForward[] {
		return this.#parts.io.forwards
	}

	/** Asks the guest to do with so many bytes of RAM. @throws UserError without a balloon, and for more RAM than there is. */
	async resizeBalloon(bytes: number): Promise<void> {
		const {balloon} = this.#parts
		if (!balloon) throw expected('a machine with a balloon (option balloon)', 'one without')
		await balloon.resize(bytes)
	}

	/** The guest's flattened device tree. */
	deviceTree(): Uint8Array {
		return this.#parts.deviceTree
	}

	/** Stops the machine and ends its threads. */
	[Symbol.asyncDispose](): Promise<void> {
		this.#disposing ??= this.#dispose()
		return this.#disposing
	}

	async #dispose(): Promise<void> {
		this.stop()
		await this.#running
		this.#phase = 'over'
		await this.#parts[Symbol.asyncDispose]()
		this.console.end()
	}

	readonly #onAbort = (): void => this.#stop(StopReason.aborted)

	#onDeath(died: VcpuDied): void {
		this.#parts.failures.stop(died.message, died.vcpu)
		// The dead thread is in no read-side critical section. Harts that wait for its quiescent state, or for a device's
		// lock that it held, go on, and stop.
		this.#parts.rcu.reader(died.vcpu).offline()
		this.#parts.board.orphan({hart: died.vcpu})
		this.#parts.serial?.abandon(died.vcpu)
	}

	/** Harts that wait for a lock that the worker held go on, and stop. */
	#onIoFailure(worker: number, message: string): void {
		this.#ioFailure = message
		this.#parts.failures.stop(message)
		this.#parts.board.orphan({worker})
	}

	async #drain(): Promise<void> {
		const {promise, resolve} = Promise.withResolvers<void>()
		this.#draining = {beats: 0, giveUp: resolve}
		await Promise.race([this.#parts.io.drain(), promise])
		this.#draining = undefined
	}

	#watchDrain(draining: {beats: number; giveUp: () => void}): void {
		draining.beats += 1
		const isOver = draining.beats === drainLimit
		if (draining.beats !== drainReport && !isOver) return
		for (const worker of this.#parts.io.running) {
			if (isOver) this.#onIoFailure(worker, `I/O worker ${worker} does not end: what the guest wrote last may be lost`)
			else console.error(`I/O worker ${worker} has not brought all to the disks yet`)
		}
		if (isOver) draining.giveUp()
	}

	/** Called at each heartbeat, even if all else hangs. */
	#beat(): void {
		this.#parts.board.control.wakeMain()
		this.#parts.kept?.beat()
		// By turns a hart may be away for long.
		if (!this.#parts.serial) this.#stalls.look()
		if (this.#phase === 'running') this.#stuckHarts.check()
		const hung = this.#parts.board.watch(deviceLimit)
		if (hung)
			this.#parts.failures.stop(
				hung.hart === undefined ? hung.message : `${hung.message}: ${this.#activityOf(hung.hart)}`,
			)
		if (this.#parts.serial) this.#watchTurns(this.#parts.serial)
		else this.#parts.tableWatch.beat(() => this.#parts.clearTables())
		if (!this.#parts.board.control.stop()) return
		if (this.#draining) return this.#watchDrain(this.#draining)
		if (++this.#beatsSinceStop !== parkLimit + 1) return
		const harts = this.#parts.threads.running.map((hart) => `hart ${hart} does not stop: ${this.#activityOf(hart)}`)
		if (harts.length > 0) console.error(harts.join('; '))
		this.#overdue.reject(new Error('a hart does not stop'))
	}

	#watchTurns(serial: SerialControl): void {
		const holder = this.#phase === 'running' ? serial.watch() : undefined
		if (holder !== undefined) console.error(`hart ${holder} keeps its turn: ${this.#activityOf(holder)}`)
	}

	/** What the hart does now, in words. */
	#activityOf(hart: number): string {
		return activityOf({blocks: this.#parts.blocks, board: this.#parts.board}, hart)
	}

	/** Answers the main thread's bells until the machine is over; then drains the console. */
	async #pump(): Promise<void> {
		const {control, console, rtc} = this.#parts.board
		let untilAlarm: number | undefined
		while (this.#phase !== 'over') {
			// The alarm follows the host's time of day, which may be set. Nothing else comes by time: the machine's heartbeat is the
			// only wake-up of an idle main thread.
			const longest = untilAlarm === undefined ? Number.POSITIVE_INFINITY : Math.min(untilAlarm, heartbeat.milliseconds)
			const bells = await control.mainWait(longest)
			if (bells & (MainDoorbell.consoleInput | MainDoorbell.deviceLock)) console.pump()
			if (bells & MainDoorbell.tlbPool) this.#parts.clearTables()
			if (!this.#parts.serial) untilAlarm = rtc.serveAlarm()
			else if (!this.#parts.serial.isOutputAsked) continue
			// A reader that is far behind stops the guest's transmitter. The console rings when the reader has caught up.
			if (this.console.full) continue
			this.console.push(console.read())
			if (!this.#parts.board.uart.hasOutput) this.#parts.serial?.outputTaken()
		}
		for (let rest = console.read(); rest.length > 0; rest = console.read()) this.console.push(rest)
	}

	#outcome(): MachineOutcome {
		const stop = this.#parts.board.control.stop()
		assert(stop, 'a machine is over when something has stopped it')
		const {exitCode} = stop
		const reason = outcomeReason[stop.reason]
		const misuse = this.#parts.tableWatch.misuse ?? this.#ioFailure
		if (reason !== 'error' && misuse !== undefined)
			return {reason: 'error', exitCode: exitCodes.failure.code, message: misuse}
		if (reason !== 'error') return {reason, exitCode}
		return {reason, exitCode, message: this.#parts.failures.message ?? this.#stuckHarts.describe()}
	}
}
