/** The core of a machine: creates the shared memory, loads the guest, and runs one thread per hart. */
import {Board, boardMap, type ClockOrigin, MainDoorbell, StopReason, ticksSince} from '../board/index.ts'
import {assert, expected, type UserError} from '../errors.ts'
import {exitCodes} from '../exit-codes.ts'
import type {Fault} from '../faults.ts'
import {fieldOffset, HartRegisters, type RegisterDump, resetHarts} from '../hart/index.ts'
import {buildInterpreter} from '../interpreter/index.ts'
import {Doorbell, GuestRam, type SharedMemory, VcpuBlocks} from '../memory/index.ts'
import type {OpenForward} from '../net/index.ts'
import {Rcu, StallWatch} from '../rcu/index.ts'
import {HartStates} from '../sbi/index.ts'
import {type RecordedHandover, randomBytes, type SerialConfig, SerialControl, turnDistance} from '../serial/index.ts'
import {Tlb, type TlbConfig, tableOperations} from '../tlb/index.ts'
import {TracedBlocks, traceClock} from '../trace/index.ts'
import type {TranslationConfig} from '../translate/index.ts'
import {activityOf, reportStall, serialBoard} from '../vcpu-worker/index.ts'
import {
	findThreadEntries,
	instrumentedFolder,
	readHartCore,
	type ThreadEntries,
	translatorProgram,
} from './artifacts.ts'
import {type BootPlan, planBoot, readSymbols} from './boot/index.ts'
import {collectGarbage} from './collect-garbage.ts'
import {ConsoleStream} from './console-stream.ts'
import {heartbeat} from './heartbeat.ts'
import {HelperPool, translationJobs} from './helper-pool.ts'
import {HostSide} from './host-side.ts'
import {checkSerialDevices, IoDevices, type OutsideOptions} from './io-devices.ts'
import {digestOf} from './machine-digest.ts'
import {
	type CommandLineMachine,
	defaultSeed,
	type MachineOptions,
	type MachineOutcome,
	usualTraceBytes,
	usualTraceRate,
} from './machine-interface.ts'
import {codePagesPerVcpu, createMemory} from './machine-memory.ts'
import {type MachineStatistics, readStatistics} from './machine-statistics.ts'
import {StuckHarts} from './stuck-harts.ts'
import {TableWatch} from './table-watch.ts'
import {lowerCompilerPriority} from './thread-priority.ts'
import {MachineTimes, TraceFile} from './tracing/index.ts'
import {
	defaultLimits,
	KeptTranslations,
	keptPlace,
	prepareDumpFolder,
	setEngineFlags,
	TranslationService,
	translationConfig,
} from './translation/index.ts'
import {type VcpuDied, VcpuThreads} from './vcpu-threads.ts'

/** Heartbeats through which a vCPU may run on after a stop, and through which a device's lock may be held. */
const [parkLimit, deviceLimit] = [5, 10]

type Pause = Readonly<{parked: PromiseWithResolvers<void>; resumed: PromiseWithResolvers<void>}>

const outcomeReason = {
	[StopReason.powerOff]: 'power-off',
	[StopReason.reboot]: 'reboot',
	[StopReason.exitCode]: 'exit',
	[StopReason.error]: 'error',
	[StopReason.host]: 'stopped',
	[StopReason.aborted]: 'aborted',
} as const satisfies Record<StopReason, MachineOutcome['reason']>

/** @property fault the rule that is broken on purpose. @property turns of serial mode, instead of those of its options. */
type CoreOptions = MachineOptions & OutsideOptions & Readonly<{fault?: Fault; turns?: SerialConfig}>

function serialConfig({serial, seed, turns}: CoreOptions): SerialConfig | undefined {
	return turns ?? (serial ? {seed: seed ?? defaultSeed, style: 'run', capacity: 0} : undefined)
}

/** For the device tree. The main thread's stream. */
function randomSeed({seed}: SerialConfig, harts: number): Uint8Array {
	const bytes = new Uint8Array(32)
	randomBytes(seed, harts)(bytes)
	return bytes
}

export class MachineCore implements CommandLineMachine {
	readonly console: ConsoleStream
	readonly harts: number
	readonly #deviceTree: Uint8Array
	readonly #memory: SharedMemory
	readonly #blocks: VcpuBlocks
	readonly #board: Board
	readonly #rcu: Rcu
	readonly #tlb: Tlb
	/** Undefined in serial mode: there the threads of harts clear tables, and translate. */
	readonly #helpers: HelperPool | undefined
	readonly #serial: SerialControl | undefined
	readonly #threads: VcpuThreads
	readonly #io: IoDevices
	/** Undefined if all code is interpreted, or each hart translates its code itself. */
	readonly #translation: TranslationService | undefined
	readonly #translates: boolean
	/** Undefined if nothing is kept for later runs. */
	readonly #kept: KeptTranslations | undefined
	readonly #countsChains: boolean
	readonly #abort: AbortSignal | undefined
	readonly #stalls: StallWatch
	readonly #stuckHarts: StuckHarts
	readonly #tableWatch: TableWatch
	/** Undefined if neither times nor a trace are asked for. */
	readonly #times: MachineTimes | undefined
	#phase: 'created' | 'starting' | 'running' | 'paused' | 'over' = 'created'
	/** Set from pause() to resume(). */
	#pause: Pause | undefined
	#running: Promise<MachineOutcome> | undefined
	#disposing: Promise<void> | undefined
	/** Rejects if the machine does not end in time after a stop. */
	readonly #overdue = Promise.withResolvers<never>()
	#beatsSinceStop = 0
	/** The first failure: the outcome's message. */
	#failure: string | undefined
	/** That of the I/O worker, which may come after the guest has ended. */
	#ioFailure: string | undefined

	/** @param options checked by checkMachineOptions(). @throws UserError for files that are wrong, and for sizes. */
	static async create(options: CoreOptions): Promise<MachineCore> {
		const {smp, memory: memoryBytes, kernel, initrd, bios, dtb, append} = options
		const serial = serialConfig(options)
		if (serial && (options.times || options.trace !== undefined))
			throw expected('times and trace without serial, whose time is virtual', 'both')
		if (serial) checkSerialDevices(options)
		const translation = translationConfig({...options, ...(serial && {jitSynchronous: true})})
		const files = Object.fromEntries(
			Object.entries({kernel, initrd, bios, dtb, append}).filter(([, value]) => value !== undefined),
		)
		const rngSeed = serial && randomSeed(serial, smp)
		const plan = await planBoot({smp, memoryBytes, ...files, ...(rngSeed && {rngSeed})})
		const {design} = translation
		const notes = options.trace !== undefined ? 'trace' : options.times ? 'times' : 'none'
		const tlb: TlbConfig = {vcpus: smp, design, ...(notes !== 'none' && {timesFlushes: true})}
		const memory = createMemory({harts: smp, ramBytes: memoryBytes, tlb, serial, notes})
		if (options.dumpWasm !== undefined) await prepareDumpFolder(options.dumpWasm)
		setEngineFlags({perfMap: options.perfMap ?? false})
		lowerCompilerPriority()
		const assets = options.assets ?? (serial || options.fault ? instrumentedFolder() : undefined)
		const entries = await findThreadEntries(assets)
		const hartCore = await readHartCore(assets)
		const [hartModule, interpreterModule] = await Promise.all([
			WebAssembly.compile(hartCore),
			WebAssembly.compile(buildInterpreter({design, turnDistance: serial ? turnDistance[serial.style] : 0})),
		])
		const kept = await keptPlace(plan.segments, {
			folder: options.fault || options.dumpWasm !== undefined ? undefined : options.translationCache,
			program: translatorProgram(entries, assets),
			translation,
		})
		// Ends the threads that have started if a later one cannot start.
		await using started = new AsyncDisposableStack()
		const io = started.use(await IoDevices.open(options))
		const machine = new MachineCore({
			plan,
			memory,
			tlb,
			entries,
			hartModule,
			interpreterModule,
			translation,
			kept,
			options,
			serial,
			io,
			started,
		})
		await io.openForwards()
		started.move()
		return machine
	}

	private constructor(parts: {
		plan: BootPlan
		memory: SharedMemory
		tlb: TlbConfig
		entries: ThreadEntries
		hartModule: WebAssembly.Module
		interpreterModule: WebAssembly.Module
		translation: TranslationConfig
		/** Where translations are kept. */
		kept: string | undefined
		options: CoreOptions
		serial: SerialConfig | undefined
		io: IoDevices
		/** Takes all that must be ended if the constructor throws. */
		started: AsyncDisposableStack
	}) {
		const {plan, memory, tlb, entries, hartModule, interpreterModule, translation, options, serial, io, started} = parts
		const harts = options.smp
		const clockOrigin: ClockOrigin = process.hrtime()
		const notesTimes = options.times || options.trace !== undefined
		this.harts = harts
		this.#deviceTree = plan.dtb.bytes
		this.#memory = memory
		this.#abort = options.signal
		// The main thread's own events go to the trace by other ways.
		const traced = {self: harts, now: traceClock(clockOrigin), ring: undefined}
		this.#blocks = notesTimes ? new TracedBlocks(memory, harts, traced) : new VcpuBlocks(memory, harts)
		const {virtioMmioVersion} = options
		const {served} = io
		this.#io = io
		const control = serial && new SerialControl(memory, {threads: harts, config: serial})
		this.#serial = control
		const now = control ? () => Math.floor(control.clock) : ticksSince(clockOrigin)
		this.#board = new Board(memory, this.#blocks, {
			now,
			virtioMmioVersion,
			served,
			...(serial && serialBoard(serial, harts, now)),
		})
		this.#times = notesTimes ? started.use(this.#createTimes(options, clockOrigin, plan.elf)) : undefined
		this.#rcu = new Rcu(memory, harts, {
			onElapsed: this.#times?.onGracePeriod,
			stallPeriod: heartbeat.milliseconds,
			onStall: (stall) => reportStall({blocks: this.#blocks, board: this.#board}, stall),
		})
		this.#stalls = new StallWatch(this.#rcu)
		this.#stuckHarts = new StuckHarts(this.#blocks)
		const operations = tableOperations(hartModule, memory)
		this.#tlb = new Tlb(memory, {
			...{blocks: this.#blocks, rcu: this.#rcu, config: tlb, operations, satpOffset: fieldOffset.satp},
			needsClearing: () => this.#clearTables(),
		})
		this.#tableWatch = new TableWatch(this.#tlb, (message) => this.#fail(message))
		this.console = new ConsoleStream({
			type: (bytes, taken) => this.#board.console.write(bytes, taken),
			hasRoom: () => this.#board.control.ringMain(MainDoorbell.consoleOutput),
		})
		control?.initialize()
		this.#load(plan)
		const broken = options.fault === undefined ? {} : {fault: options.fault}
		this.#helpers = serial
			? undefined
			: started.use(new HelperPool(memory, {entry: entries.helper, tlb, hartModule, ...broken}))
		this.#overdue.promise.catch(() => {})
		const {base: gpa, size} = boardMap.bootRom
		this.#translates = translation.accel === 'jit'
		if (parts.kept !== undefined) this.#kept = new KeptTranslations(parts.kept, this.#helpers!)
		this.#translation =
			this.#translates && !translation.synchronous ? this.#createTranslation(translation, options) : undefined
		void this.#kept?.load().then((known) => this.#translation?.learn(known))
		started.defer(() => this.#translation?.close())
		this.#countsChains = this.#translates && translation.countChains === true
		const modules = {hartModule, interpreterModule, translation}
		const shared = {
			harts,
			memory: memory.memory,
			map: memory.map,
			tlb,
			clockOrigin,
			virtioMmioVersion,
			served,
			...modules,
			...broken,
			...(serial && {serial}),
		}
		const codePages = codePagesPerVcpu(harts)
		io.createThreads(memory, {harts, virtioMmioVersion, entry: entries.io, bells: this.#board.workerBells})
		this.#threads = started.use(new VcpuThreads())
		for (let vcpu = 0; vcpu < harts; vcpu++) {
			const translationPort = this.#translation?.vcpuPorts[vcpu]
			const {dumpWasm: dumpFolder} = options
			const rest = {vcpu, codePages, rom: {gpa, size}, dumpFolder, ...(translationPort && {translationPort})}
			this.#threads.start(entries.vcpu, {...shared, ...rest})
		}
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
		this.#times?.start()
		atEnd.defer(() => this.#times?.[Symbol.dispose]())
		this.#abort?.addEventListener('abort', this.#onAbort, {once: true})
		atEnd.defer(() => this.#abort?.removeEventListener('abort', this.#onAbort))
		if (this.#abort?.aborted) this.#onAbort()
		this.#io.start((worker, message) => this.#onIoFailure(worker, message))
		const pumping = this.#pump()
			.catch((error: Error) => this.#fail(`the console failed: ${error.message}`))
			.finally(() => this.console.end())
		try {
			await this.#untilStopped()
		} catch (error) {
			this.#fail((error as Error).message)
			// A thread did not park, or did not start.
			await this.#threads[Symbol.asyncDispose]()
		}
		await this.#io.drain()
		this.#phase = 'over'
		this.#translation?.close()
		this.#board.control.ringMain(MainDoorbell.stop)
		this.#pause?.parked.resolve()
		// What an emulator that failed has made is not worth keeping. Does not wait for a helper that hangs: dispose() ends it.
		const writing = this.#failure === undefined ? this.#kept?.write() : undefined
		const helping = Promise.all([this.#helpers?.idle(), writing])
		await Promise.all([pumping, Promise.race([helping, this.#overdue.promise.catch(() => {})])])
		this.#tableWatch.check()
		return this.#outcome()
	}

	async #untilStopped(): Promise<void> {
		await Promise.race([this.#threads.reset(this.#serial ? 'in turn' : 'at once'), this.#overdue.promise])
		for (;;) {
			// The bell of an earlier pause must not park a hart in the next run. A stop from before this is seen below; a
			// later one rings again.
			for (let vcpu = 0; vcpu < this.harts; vcpu++) this.#blocks.silence(vcpu, Doorbell.pause)
			if (this.#board.control.stop()) return
			if (this.#pause) {
				this.#phase = 'paused'
				this.#pause.parked.resolve()
				await this.#pause.resumed.promise
				continue
			}
			this.#phase = 'running'
			this.#serial?.restart()
			await Promise.race([this.#threads.run((died) => this.#onDeath(died)), this.#overdue.promise])
		}
	}

	/** Parks every vCPU at its next safepoint. Resolves once all are parked, or if the machine ends or is resumed. */
	async pause(): Promise<void> {
		if (this.#phase === 'created' || this.#phase === 'over') return
		if (!this.#pause) {
			this.#pause = {parked: Promise.withResolvers(), resumed: Promise.withResolvers()}
			for (let vcpu = 0; vcpu < this.harts; vcpu++) this.#blocks.ring(vcpu, Doorbell.pause)
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
		this.#board.control.requestStop({reason})
		this.resume()
	}

	/** The registers of a parked hart. @throws UserError while harts run. */
	async registers(hart: number): Promise<RegisterDump> {
		if (this.#phase === 'running')
			throw expected('a paused machine (await pause()) to read registers of', 'one that runs')
		return new HartRegisters(this.#memory, this.#blocks.base(hart)).dump()
	}

	/** Counters of harts, TLBs and grace periods. Exact while the machine is paused or over, otherwise approximate. */
	statistics(): MachineStatistics {
		return readStatistics({
			memory: this.#memory,
			blocks: this.#blocks,
			rcu: this.#rcu,
			tlb: this.#tlb,
			translation: this.#translation ? this.#translation.statistics() : this.#translates ? 'by harts' : undefined,
			kept: this.#kept?.statistics,
			countsChains: this.#countsChains,
			times: this.#times,
		})
	}

	/** Guest memory and fences from outside, for stress runs. Not in serial mode, where the host has no turn. */
	get hostSide(): HostSide {
		return new HostSide(this.#memory, {blocks: this.#blocks, tlb: this.#tlb})
	}

	/** The words of the vCPUs that any thread may write: for measurements. */
	get blocks(): VcpuBlocks {
		return this.#blocks
	}

	/**
	 * A digest of registers, devices and memory: SHA-256, as hexadecimal digits. In serial mode two runs of one seed have the same.
	 * @throws UserError while harts run.
	 */
	async digest(): Promise<string> {
		if (this.#phase === 'running' || this.#phase === 'starting')
			throw expected('a machine that is paused or over to make a digest of', `one that is ${this.#phase}`)
		const ticks = this.#serial && Math.floor(this.#serial.clock)
		return digestOf({memory: this.#memory, blocks: this.#blocks, ticks})
	}

	/** In serial mode: whether every hart waits, and none for a time. The world outside may wake one. */
	get isIdle(): boolean {
		return this.#phase === 'running' && this.#serial?.isIdle === true
	}

	/** In serial mode: decisions about turns so far. */
	get turnSteps(): number {
		return this.#serial?.steps ?? 0
	}

	/** In serial mode: handovers that were not the usual ones; undefined if they were too many. While the harts are parked. */
	get handovers(): readonly RecordedHandover[] | undefined {
		return this.#serial?.recorded()
	}

	/** The ports that are forwarded to the guest. */
	get forwards(): readonly OpenForward[] {
		return this.#io.forwards
	}

	/** The guest's flattened device tree. */
	deviceTree(): Uint8Array {
		return this.#deviceTree
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
		this.#translation?.close()
		this.#times?.[Symbol.dispose]()
		await Promise.all([
			this.#threads[Symbol.asyncDispose](),
			this.#helpers?.[Symbol.asyncDispose](),
			this.#io[Symbol.asyncDispose](),
		])
		this.console.end()
	}

	readonly #onAbort = (): void => this.#stop(StopReason.aborted)

	#onDeath(died: VcpuDied): void {
		this.#fail(died.message, died.vcpu)
		// The dead thread is in no read-side critical section. Harts that wait for its quiescent state, or for a device's
		// lock that it held, go on, and stop.
		this.#rcu.reader(died.vcpu).offline()
		this.#board.orphan({hart: died.vcpu})
		this.#serial?.abandon(died.vcpu)
	}

	/** Harts that wait for a lock that the worker held go on, and stop. */
	#onIoFailure(worker: number, message: string): void {
		this.#ioFailure = message
		this.#fail(message)
		this.#board.orphan({worker})
	}

	/** Stops the machine because of a failure of the emulator. */
	#fail(message: string, hart = -1): void {
		const {control} = this.#board
		if (control.requestStop({reason: StopReason.error, exitCode: exitCodes.failure.code, hart})) this.#failure = message
	}

	/** Called at each heartbeat, even if all else hangs. */
	#beat(): void {
		this.#board.control.wakeMain()
		this.#kept?.beat()
		// By turns a hart may be away for long.
		if (!this.#serial) this.#stalls.look()
		if (this.#phase === 'running') this.#stuckHarts.check()
		const hung = this.#board.watch(deviceLimit)
		if (hung) this.#fail(hung.hart === undefined ? hung.message : `${hung.message}: ${this.#activityOf(hung.hart)}`)
		if (this.#serial) this.#watchTurns(this.#serial)
		else this.#tableWatch.beat(() => this.#clearTables())
		if (!this.#board.control.stop()) return
		if (++this.#beatsSinceStop !== parkLimit + 1) return
		const harts = this.#threads.running.map((hart) => `hart ${hart} does not stop: ${this.#activityOf(hart)}`)
		if (harts.length > 0) console.error(harts.join('; '))
		this.#overdue.reject(new Error('a hart does not stop'))
	}

	#watchTurns(serial: SerialControl): void {
		const holder = this.#phase === 'running' ? serial.watch() : undefined
		if (holder !== undefined) console.error(`hart ${holder} keeps its turn: ${this.#activityOf(holder)}`)
	}

	/** What the hart does now, in words. */
	#activityOf(hart: number): string {
		return activityOf({blocks: this.#blocks, board: this.#board}, hart)
	}

	/** @throws UserError if the trace cannot be written. */
	#createTimes(
		{trace, traceBytes, traceRate}: CoreOptions,
		origin: ClockOrigin,
		elf: Uint8Array | undefined,
	): MachineTimes {
		const file = trace === undefined ? undefined : new TraceFile(trace, traceBytes ?? usualTraceBytes)
		const symbols = readSymbols((file && elf) ?? new Uint8Array())
		const naming = {
			symbol: (low: number, high: number) => symbols.name(low, high),
			deviceAt: (gpa: number) => this.#board.bus.nameAt(gpa),
		}
		return new MachineTimes(this.#memory, {
			blocks: this.#blocks,
			origin,
			file,
			rate: traceRate ?? usualTraceRate,
			naming,
		})
	}

	#createTranslation(options: TranslationConfig, {dumpWasm}: MachineOptions): TranslationService {
		return new TranslationService(this.#memory, {
			vcpus: this.harts,
			rcu: this.#rcu,
			ring: (vcpu) => this.#blocks.ring(vcpu, Doorbell.message),
			translate: (id, requests) => {
				const keep = this.#kept !== undefined
				const job = this.#helpers!.translate({id, requests, options, dumpFolder: dumpWasm, keep})
				return this.#times?.traceJob('translate', job) ?? job
			},
			...(this.#kept && {keep: (module) => this.#kept!.add(module)}),
			jobs: translationJobs,
			limits: {...defaultLimits, wasmBytes: options.mostBytes},
		})
	}

	#load({segments, rom, entry, dtb}: BootPlan): void {
		const ram = new GuestRam(this.#memory)
		// Plain: no vCPU runs yet; starting its thread orders this before it.
		for (const {gpa, bytes} of segments) ram.write(gpa, bytes)
		this.#memory.u8.set(rom, this.#memory.region('rom').offset)
		this.#board.reset()
		resetHarts(this.#blocks, {mode: entry.mode, pc: entry.pc, dtb: dtb.gpa})
		if (entry.mode === 'supervisor') new HartStates(this.#blocks).reset()
		for (let vcpu = 0; vcpu < this.harts; vcpu++) this.#tlb.initialize(vcpu)
	}

	/** Answers the main thread's bells until the machine is over; then drains the console. */
	async #pump(): Promise<void> {
		const {control, console, rtc} = this.#board
		let untilAlarm: number | undefined
		while (this.#phase !== 'over') {
			// The alarm follows the host's time of day, which may be set. Nothing else comes by time: the machine's heartbeat is the
			// only wake-up of an idle main thread.
			const longest = untilAlarm === undefined ? Number.POSITIVE_INFINITY : Math.min(untilAlarm, heartbeat.milliseconds)
			const bells = await control.mainWait(longest)
			if (bells & (MainDoorbell.consoleInput | MainDoorbell.deviceLock)) console.pump()
			if (bells & MainDoorbell.tlbPool) this.#clearTables()
			if (!this.#serial) untilAlarm = rtc.serveAlarm()
			else if (!this.#serial.isOutputAsked) continue
			// A reader that is far behind stops the guest's transmitter. The console rings when the reader has caught up.
			if (this.console.full) continue
			this.console.push(console.read())
			if (!this.#board.uart.hasOutput) this.#serial?.outputTaken()
		}
		for (let rest = console.read(); rest.length > 0; rest = console.read()) this.console.push(rest)
	}

	#clearTables(): void {
		const job = this.#helpers?.clearTables()
		const traced = job && this.#times?.traceJob('clear tables', job)
		;(traced ?? job)?.catch((error: Error) => this.#tableWatch.clearingFailed(error))
	}

	#outcome(): MachineOutcome {
		const stop = this.#board.control.stop()
		assert(stop, 'a machine is over when something has stopped it')
		const {exitCode} = stop
		const reason = outcomeReason[stop.reason]
		const misuse = this.#tableWatch.misuse ?? this.#ioFailure
		if (reason !== 'error' && misuse !== undefined)
			return {reason: 'error', exitCode: exitCodes.failure.code, message: misuse}
		if (reason !== 'error') return {reason, exitCode}
		return {reason, exitCode, message: this.#failure ?? this.#stuckHarts.describe()}
	}
}
