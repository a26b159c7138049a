/** A machine: the library's door. Creates the shared memory, loads the guest, and runs one worker thread per hart. */
import {Board, boardMap, type ClockOrigin, MainDoorbell, type Stop, StopReason, ticksSince} from '../board/index.ts'
import {assert, Doorbell, expected, GuestRam, type SharedMemory, VcpuBlocks} from '../memory/index.ts'
import {Rcu} from '../rcu/index.ts'
import {Tlb, type TlbConfig} from '../tlb/index.ts'
import {buildInterpreter, HartRegisters, type RegisterDump, resetHarts, type VcpuConfig} from '../vcpu-worker/index.ts'
import {readHartCore} from './artifacts.ts'
import {type BootPlan, planBoot} from './boot/index.ts'
import {ConsoleStream} from './console-stream.ts'
import {describeStuckHart} from './describe-hart.ts'
import {HelperPool} from './helper-pool.ts'
import type {CommandLineMachine, MachineOptions, MachineOutcome} from './machine-interface.ts'
import {codePagesPerVcpu, createMemory} from './machine-memory.ts'
import {type MachineStatistics, readStatistics} from './machine-statistics.ts'
import {type VcpuDied, VcpuThreads} from './vcpu-threads.ts'

/** sysexits.h's EX_SOFTWARE: the emulator itself failed. */
const softwareExitCode = 70
/** Milliseconds: how often the main thread looks around unasked, and how long it waits for vCPUs to park before it ends them. */
const [heartbeat, parkLimit] = [1000, 5000]

const outcomeReason = {
	[StopReason.powerOff]: 'power-off',
	[StopReason.reboot]: 'reboot',
	[StopReason.exitCode]: 'exit',
	[StopReason.error]: 'error',
	[StopReason.host]: 'exit',
} as const satisfies Record<StopReason, MachineOutcome['reason']>

export class Machine implements CommandLineMachine {
	readonly console: ConsoleStream
	readonly harts: number
	readonly #plan: BootPlan
	readonly #memory: SharedMemory
	readonly #blocks: VcpuBlocks
	readonly #board: Board
	readonly #rcu: Rcu
	readonly #tlb: Tlb
	readonly #helpers: HelperPool
	readonly #threads: VcpuThreads
	readonly #abort: AbortSignal | undefined
	#phase: 'created' | 'running' | 'paused' | 'over' = 'created'
	#resumed = Promise.withResolvers<void>()
	#parked = Promise.withResolvers<void>()
	#pumping: Promise<void> | undefined
	#death: VcpuDied | undefined

	/**
	 * @param options.memory bytes of guest RAM. @param options.smp harts, 1 to 64.
	 * @throws UserError for what the user got wrong: files, sizes, formats.
	 */
	static async create(options: MachineOptions): Promise<Machine> {
		const {smp, memory: memoryBytes, kernel, initrd, bios, dtb, append} = options
		if (!(Number.isInteger(smp) && smp >= 1 && smp <= 64)) throw expected('--smp from 1 to 64', smp)
		const files = Object.fromEntries(
			Object.entries({kernel, initrd, bios, dtb, append}).filter(([, value]) => value !== undefined),
		)
		const plan = await planBoot({smp, memoryBytes, ...files})
		const tlb: TlbConfig = {vcpus: smp}
		const memory = createMemory({harts: smp, ramBytes: memoryBytes, tlb})
		const [hartModule, interpreterModule] = await Promise.all([
			WebAssembly.compile(await readHartCore()),
			WebAssembly.compile(buildInterpreter()),
		])
		return new Machine({plan, memory, tlb, hartModule, interpreterModule, harts: smp, abort: options.signal})
	}

	private constructor(parts: {
		plan: BootPlan
		memory: SharedMemory
		tlb: TlbConfig
		hartModule: WebAssembly.Module
		interpreterModule: WebAssembly.Module
		harts: number
		abort: AbortSignal | undefined
	}) {
		const {plan, memory, tlb, harts, hartModule, interpreterModule} = parts
		const clockOrigin: ClockOrigin = process.hrtime()
		this.harts = harts
		this.#plan = plan
		this.#memory = memory
		this.#abort = parts.abort
		this.#blocks = new VcpuBlocks(memory, harts)
		this.#board = new Board(memory, this.#blocks, {now: ticksSince(clockOrigin)})
		this.#rcu = new Rcu(memory, harts)
		this.#tlb = new Tlb(memory, {blocks: this.#blocks, rcu: this.#rcu, config: tlb})
		this.console = new ConsoleStream((bytes) => this.#board.console.write(bytes))
		this.#load()
		this.#helpers = new HelperPool(memory, tlb)
		const {base: gpa, size} = boardMap.bootRom
		const shared = {harts, memory: memory.memory, map: memory.map, tlb, clockOrigin, hartModule, interpreterModule}
		const codePages = codePagesPerVcpu(harts)
		this.#threads = new VcpuThreads(
			Array.from({length: harts}, (_, vcpu): VcpuConfig => ({...shared, vcpu, codePages, rom: {gpa, size}})),
		)
	}

	/** Runs until the guest powers off, reboots, leaves with a code, or fails. To be called once. */
	async run(): Promise<MachineOutcome> {
		assert(this.#phase === 'created', 'a machine runs once')
		this.#abort?.addEventListener('abort', this.#onAbort, {once: true})
		if (this.#abort?.aborted) this.#onAbort()
		this.#pumping = this.#pump()
		try {
			await this.#threads.reset()
			for (;;) {
				this.#phase = 'running'
				await this.#threads.run((died) => this.#onDeath(died))
				const stop = this.#board.control.stop()
				if (stop) return this.#outcome(stop)
				this.#phase = 'paused'
				this.#parked.resolve()
				await this.#resumed.promise
			}
		} catch (error) {
			return {reason: 'error', exitCode: softwareExitCode, message: (error as Error).message}
		} finally {
			this.#phase = 'over'
			this.#parked.resolve()
			await this.#pumping
			this.#abort?.removeEventListener('abort', this.#onAbort)
		}
	}

	/** Parks every vCPU at its next safepoint. Resolves once all are parked (or the machine is over). */
	async pause(): Promise<void> {
		if (this.#phase !== 'running') return
		this.#parked = Promise.withResolvers()
		this.#resumed = Promise.withResolvers()
		for (let vcpu = 0; vcpu < this.harts; vcpu++) this.#blocks.ring(vcpu, Doorbell.pause)
		await this.#parked.promise
	}

	/** Goes on after pause(). */
	resume(): void {
		if (this.#phase === 'paused') this.#resumed.resolve()
	}

	/** Stops the machine as if its plug were pulled; run() returns. */
	stop(): void {
		this.#board.control.requestStop({reason: StopReason.host})
		this.resume()
	}

	/** A parked hart's registers. @throws RangeError for a hart that is not there. */
	async registers(hart: number): Promise<RegisterDump> {
		assert(this.#phase !== 'running', 'registers are read while the machine is paused: await pause() first')
		if (!(hart >= 0 && hart < this.harts))
			throw new RangeError(`Expected a hart from 0 to ${this.harts - 1}, got ${hart}`)
		return new HartRegisters(this.#memory, this.#blocks.base(hart)).dump()
	}

	/** Counters of harts, TLBs and grace periods; exact while the machine is parked or over, else as of now or a moment ago. */
	statistics(): MachineStatistics {
		return readStatistics({memory: this.#memory, blocks: this.#blocks, rcu: this.#rcu, tlb: this.#tlb})
	}

	/** The flattened device tree that the guest gets. */
	deviceTree(): Uint8Array {
		return this.#plan.dtb.bytes
	}

	/** Stops what still runs, and gives every thread back. */
	async [Symbol.asyncDispose](): Promise<void> {
		if (this.#phase === 'running' || this.#phase === 'paused') {
			this.stop()
			await Promise.race([
				this.#parked.promise,
				this.#pumping,
				new Promise((resolve) => setTimeout(resolve, parkLimit).unref()),
			])
		}
		this.#phase = 'over'
		await this.#threads[Symbol.asyncDispose]()
		await this.#pumping
		await this.#helpers[Symbol.asyncDispose]()
		this.console.end()
	}

	readonly #onAbort = (): void => this.stop()

	#onDeath(died: VcpuDied): void {
		this.#death ??= died
		this.#board.control.requestStop({reason: StopReason.error, exitCode: softwareExitCode, hart: died.vcpu})
	}

	#load(): void {
		const {segments, rom, entry, dtb} = this.#plan
		const ram = new GuestRam(this.#memory)
		for (const {gpa, bytes} of segments) ram.write(gpa, bytes)
		this.#memory.u8.set(rom, this.#memory.region('rom').offset)
		this.#board.reset()
		resetHarts(this.#blocks, {mode: entry.mode, pc: entry.pc, dtb: dtb.gpa})
		for (let vcpu = 0; vcpu < this.harts; vcpu++) this.#tlb.initialize(vcpu)
	}

	/** Answers the main thread's bells until the machine is over and its console drained. */
	async #pump(): Promise<void> {
		const {control, console, rtc} = this.#board
		let untilAlarm: number | undefined
		while (this.#phase !== 'over') {
			const bells = await control.mainWait(Math.min(untilAlarm ?? heartbeat, heartbeat))
			if (bells & MainDoorbell.consoleInput) console.pump()
			if (bells & MainDoorbell.tlbPool) void this.#helpers.clearTables().catch((error) => this.#onHelperError(error))
			untilAlarm = rtc.serveAlarm()
			this.console.push(console.read())
		}
		this.console.push(console.read())
		this.console.end()
	}

	#onHelperError(error: Error): void {
		// A pool that is being destroyed drops its jobs.
		if (this.#phase !== 'over') this.#board.control.requestStop({reason: StopReason.error, exitCode: softwareExitCode})
		this.#helperError ??= error
	}
	#helperError: Error | undefined

	#outcome(stop: Stop): MachineOutcome {
		const reason = outcomeReason[stop.reason]
		if (reason !== 'error') return {reason, exitCode: stop.exitCode}
		return {reason, exitCode: stop.exitCode, message: this.#message(stop)}
	}

	#message({hart}: Stop): string {
		if (this.#death) return this.#death.message
		if (this.#helperError) return `the helper pool failed: ${this.#helperError.message}`
		return describeStuckHart(hart, new HartRegisters(this.#memory, this.#blocks.base(hart)))
	}
}
