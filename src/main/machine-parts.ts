/** What a machine is made of: shared memory, board, RCU, TLB and threads, made in the order in which they need one another. */
import {AgentConnection} from '../agent/index.ts'
import {Board, boardMap, type ClockOrigin, MainDoorbell, ticksSince} from '../board/index.ts'
import {expected} from '../errors.ts'
import type {Fault} from '../faults.ts'
import {fieldOffset, resetHarts} from '../hart/index.ts'
import {buildInterpreter} from '../interpreter/index.ts'
import {Doorbell, GuestRam, type SharedMemory, VcpuBlocks} from '../memory/index.ts'
import {Rcu} from '../rcu/index.ts'
import {HartStates} from '../sbi/index.ts'
import {randomBytes, type SerialConfig, SerialControl, turnDistance} from '../serial/index.ts'
import {Tlb, type TlbConfig, tableOperations} from '../tlb/index.ts'
import {TracedBlocks, traceClock} from '../trace/index.ts'
import type {TranslationConfig} from '../translate/index.ts'
import {reportStall, serialBoard} from '../vcpu-worker/index.ts'
import {agentAppend, agentArchive} from './agent/agent-archive.ts'
import {channelOf} from './agent/port-channel-end.ts'
import {
	findThreadEntries,
	instrumentedFolder,
	readHartCore,
	type ThreadEntries,
	translatorProgram,
} from './artifacts.ts'
import type {Balloon} from './balloon.ts'
import {type BootPlan, planBoot, readSymbols} from './boot/index.ts'
import {ConsoleStream} from './console-stream.ts'
import {Failures} from './failures.ts'
import {heartbeat} from './heartbeat.ts'
import {HelperPool, translationJobs} from './helper-pool.ts'
import {checkSerialDevices, IoDevices, type OutsideOptions} from './io-devices.ts'
import {defaultSeed, type MachineOptions, usualTraceBytes, usualTraceRate} from './machine-interface.ts'
import {codePagesPerVcpu, createMemory} from './machine-memory.ts'
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
import {VcpuThreads} from './vcpu-threads.ts'

/** @property fault the rule that is broken on purpose. @property turns of serial mode, instead of those of its options. */
export type CoreOptions = MachineOptions & OutsideOptions & Readonly<{fault?: Fault; turns?: SerialConfig}>

function serialConfig({serial, seed, turns}: CoreOptions): SerialConfig | undefined {
	return turns ?? (serial ? {seed: seed ?? defaultSeed, style: 'run', capacity: 0} : undefined)
}

/** For the device tree. The main thread's stream. */
function randomSeed({seed}: SerialConfig, harts: number): Uint8Array {
	const bytes = new Uint8Array(32)
	randomBytes(seed, harts)(bytes)
	return bytes
}

/** What is read and compiled before anything is created. */
type Ingredients = Readonly<{
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
	traceFile: TraceFile | undefined
	/** Takes all that must be ended if the constructor throws. */
	started: AsyncDisposableStack
}>

export class MachineParts implements AsyncDisposable {
	readonly harts: number
	readonly console: ConsoleStream
	/** Undefined without an agent. */
	readonly agent: AgentConnection | undefined
	readonly deviceTree: Uint8Array
	readonly memory: SharedMemory
	readonly blocks: VcpuBlocks
	readonly board: Board
	readonly rcu: Rcu
	readonly tlb: Tlb
	readonly tableWatch: TableWatch
	readonly failures: Failures
	readonly threads: VcpuThreads
	readonly io: IoDevices
	/** Undefined without one. */
	readonly balloon: Balloon | undefined
	readonly serial: SerialControl | undefined
	/** Undefined in serial mode: there the threads of harts clear tables, and translate. */
	readonly helpers: HelperPool | undefined
	/** Undefined if all code is interpreted, or each hart translates its code itself. */
	readonly translation: TranslationService | undefined
	readonly translates: boolean
	/** Undefined if nothing is kept for later runs. */
	readonly kept: KeptTranslations | undefined
	readonly countsChains: boolean
	/** Undefined if neither times nor a trace are asked for. */
	readonly times: MachineTimes | undefined

	/** @param options checked by checkMachineOptions(). @throws UserError for files that are wrong, and for sizes. */
	static async create(options: CoreOptions): Promise<MachineParts> {
		const {smp, memory: memoryBytes, kernel, initrd, bios, dtb, agent, assets: ownAssets} = options
		const append = agent ? agentAppend(options.append, agent) : options.append
		const serial = serialConfig(options)
		if (serial && (options.times || options.trace !== undefined))
			throw expected('times and trace without serial, whose time is virtual', 'both')
		if (serial) checkSerialDevices(options)
		const translation = translationConfig({...options, ...(serial && {jitSynchronous: true})})
		const files = Object.fromEntries(
			Object.entries({kernel, initrd, bios, dtb, append}).filter(([, value]) => value !== undefined),
		)
		const rngSeed = serial && randomSeed(serial, smp)
		const initrdAddition = agent && (await agentArchive(agent, ownAssets))
		const plan = await planBoot({
			smp,
			memoryBytes,
			...files,
			...(rngSeed && {rngSeed}),
			...(initrdAddition && {initrdAddition}),
		})
		const {design} = translation
		const notes = options.trace !== undefined ? 'trace' : options.times ? 'times' : 'none'
		const tlb: TlbConfig = {vcpus: smp, design, ...(notes !== 'none' && {timesFlushes: true})}
		const memory = createMemory({harts: smp, ramBytes: memoryBytes, tlb, serial, notes})
		if (options.dumpWasm !== undefined) await prepareDumpFolder(options.dumpWasm)
		setEngineFlags({perfMap: options.perfMap ?? false})
		lowerCompilerPriority(smp)
		const assets = options.assets ?? (serial || options.fault ? instrumentedFolder() : undefined)
		const entries = await findThreadEntries(assets)
		const hartCore = await readHartCore(assets)
		const folder = options.fault || options.dumpWasm !== undefined ? undefined : options.translationCache
		const [hartModule, interpreterModule, kept] = await Promise.all([
			WebAssembly.compile(hartCore),
			WebAssembly.compile(buildInterpreter({design, turnDistance: serial ? turnDistance[serial.style] : 0})),
			folder && keptPlace(plan.segments, {folder, program: translatorProgram(entries, assets), translation}),
		])
		// Ends the threads that have started if a later one cannot start.
		await using started = new AsyncDisposableStack()
		const io = started.use(await IoDevices.open(options))
		const {trace, traceBytes = usualTraceBytes} = options
		const traceFile = trace === undefined ? undefined : await TraceFile.open(trace, traceBytes)
		const parts = new MachineParts({
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
			traceFile,
			started,
		})
		await io.openForwards()
		started.move()
		return parts
	}

	private constructor(parts: Ingredients) {
		const {plan, memory, tlb, entries, hartModule, interpreterModule, translation, options, serial, io, started} = parts
		const harts = options.smp
		const clockOrigin: ClockOrigin = process.hrtime()
		const notesTimes = options.times || options.trace !== undefined
		this.harts = harts
		this.deviceTree = plan.dtb.bytes
		this.memory = memory
		// The main thread's own events go to the trace by other ways.
		const traced = {self: harts, now: traceClock(clockOrigin), ring: undefined}
		this.blocks = notesTimes ? new TracedBlocks(memory, harts, traced) : new VcpuBlocks(memory, harts)
		const {virtioMmioVersion} = options
		const {served} = io
		this.io = io
		this.agent = io.agentPort && new AgentConnection(channelOf(io.agentPort))
		const control = serial && new SerialControl(memory, {threads: harts, config: serial})
		this.serial = control
		const now = control ? () => Math.floor(control.clock) : ticksSince(clockOrigin)
		this.board = new Board(memory, this.blocks, {
			now,
			virtioMmioVersion,
			served,
			...(serial && serialBoard(serial, harts, now)),
		})
		const ramBytes = memory.region('ram').size
		this.balloon = io.balloon.control({board: this.board, ramBytes}, (pages) => io.resizeBalloon(pages))
		this.times = notesTimes ? started.use(this.#createTimes(parts, clockOrigin)) : undefined
		this.rcu = new Rcu(memory, harts, {
			onElapsed: this.times?.onGracePeriod,
			stallPeriod: heartbeat.milliseconds,
			onStall: (stall) => reportStall({blocks: this.blocks, board: this.board}, stall),
		})
		const operations = tableOperations(hartModule, memory)
		this.tlb = new Tlb(memory, {
			...{blocks: this.blocks, rcu: this.rcu, config: tlb, operations, satpOffset: fieldOffset.satp},
			needsClearing: () => this.clearTables(),
		})
		this.failures = new Failures(this.board.control)
		this.tableWatch = new TableWatch(this.tlb, (message) => this.failures.stop(message))
		this.console = new ConsoleStream({
			type: (bytes, taken) => this.board.console.write(bytes, taken),
			hasRoom: () => this.board.control.ringMain(MainDoorbell.consoleOutput),
		})
		control?.initialize()
		this.#load(plan)
		const broken = options.fault === undefined ? {} : {fault: options.fault}
		this.helpers = serial
			? undefined
			: started.use(new HelperPool(memory, {entry: entries.helper, tlb, hartModule, ...broken}))
		this.translates = translation.accel === 'jit'
		if (parts.kept !== undefined) this.kept = new KeptTranslations(parts.kept, this.helpers!)
		this.translation =
			this.translates && !translation.synchronous ? this.#createTranslation(translation, options) : undefined
		void this.kept?.load().then((known) => {
			this.translation?.learn(known)
			this.kept!.handedOver()
		})
		started.defer(() => this.translation?.close())
		this.countsChains = this.translates && translation.countChains === true
		const {href: synchronousTranslator} = entries.synchronousTranslator
		const modules = {
			...{hartModule, interpreterModule, translation},
			...(this.translates && translation.synchronous && {synchronousTranslator}),
		}
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
		const codePages = codePagesPerVcpu({harts, ramBytes: memory.region('ram').size})
		const {base: gpa, size} = boardMap.bootRom
		io.createThreads(memory, {harts, virtioMmioVersion, entry: entries.io, bells: this.board.workerBells})
		this.threads = started.use(new VcpuThreads())
		for (let vcpu = 0; vcpu < harts; vcpu++) {
			const translationPort = this.translation?.vcpuPorts[vcpu]
			const {dumpWasm: dumpFolder} = options
			const rest = {vcpu, codePages, rom: {gpa, size}, dumpFolder, ...(translationPort && {translationPort})}
			this.threads.start(entries.vcpu, {...shared, ...rest})
		}
	}

	/** Has the helpers clear retired tables. By turns the harts do that. */
	clearTables(): void {
		const job = this.helpers?.clearTables()
		const traced = job && this.times?.traceJob('clear tables', job)
		;(traced ?? job)?.catch((error: Error) => this.tableWatch.clearingFailed(error))
	}

	/** Ends the threads, and gives back the files. */
	async [Symbol.asyncDispose](): Promise<void> {
		this.translation?.close()
		this.times?.[Symbol.dispose]()
		await Promise.all([
			this.threads[Symbol.asyncDispose](),
			this.helpers?.[Symbol.asyncDispose](),
			this.io[Symbol.asyncDispose](),
		])
	}

	#createTimes({traceFile: file, plan, options: {traceRate}}: Ingredients, origin: ClockOrigin): MachineTimes {
		const symbols = readSymbols((file && plan.elf) ?? new Uint8Array())
		const naming = {
			symbol: (low: number, high: number) => symbols.name(low, high),
			deviceAt: (gpa: number) => this.board.bus.nameAt(gpa),
		}
		return new MachineTimes(this.memory, {
			blocks: this.blocks,
			origin,
			file,
			rate: traceRate ?? usualTraceRate,
			naming,
		})
	}

	#createTranslation(options: TranslationConfig, {dumpWasm}: MachineOptions): TranslationService {
		return new TranslationService(this.memory, {
			vcpus: this.harts,
			rcu: this.rcu,
			ring: (vcpu) => this.blocks.ring(vcpu, Doorbell.message),
			translate: (id, requests) => {
				const keep = this.kept !== undefined
				const job = this.helpers!.translate({id, requests, options, dumpFolder: dumpWasm, keep})
				return this.times?.traceJob('translate', job) ?? job
			},
			...(this.kept && {keep: (module) => this.kept!.add(module)}),
			jobs: translationJobs,
			limits: {...defaultLimits, wasmBytes: options.mostBytes},
		})
	}

	#load({segments, rom, entry, dtb}: BootPlan): void {
		const ram = new GuestRam(this.memory)
		// Plain: no vCPU runs yet; starting its thread orders this before it.
		for (const {gpa, bytes} of segments) ram.write(gpa, bytes)
		this.memory.u8.set(rom, this.memory.region('rom').offset)
		this.board.reset()
		resetHarts(this.blocks, {mode: entry.mode, pc: entry.pc, dtb: dtb.gpa})
		if (entry.mode === 'supervisor') new HartStates(this.blocks).reset()
		for (let vcpu = 0; vcpu < this.harts; vcpu++) this.tlb.initialize(vcpu)
	}
}
