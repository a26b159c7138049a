/** A vCPU: the thread that runs one hart. Its run loop answers bells, runs guest code, and passes a quiescent state. */
import {type Board, MainDoorbell, StopReason} from '../board/index.ts'
import {exitCodes} from '../exit-codes.ts'
import {Activity, ActivityNote, enterSupervisor, fieldOffset, HartRegisters} from '../hart/index.ts'
import {ExitReason} from '../interpreter/index.ts'
import {Doorbell, GuestRam, type SharedMemory, type VcpuBlocks, VcpuWords} from '../memory/index.ts'
import {Rcu, type RcuReader, type Stall} from '../rcu/index.ts'
import {BuiltInSbi, HartStates, HsmState, StealTime, type SuspendRequest} from '../sbi/index.ts'
import {randomBytes, type ThreadTurns} from '../serial/index.ts'
import {FlushCause, Tlb} from '../tlb/index.ts'
import type {HartTrace} from '../trace/index.ts'
import type {SynchronousTranslator} from '../translate/index.ts'
import {pointNames} from '../turns.ts'
import {DoorbellWait} from './doorbell-wait.ts'
import {createEngine, type Engine, type EngineImports} from './engine.ts'
import {reportStall} from './hart-reports.ts'
import {HostCores} from './host-cores.ts'
import {RunDelay} from './run-delay.ts'
import {createSbiContext} from './sbi-machine.ts'
import {turnEvents} from './serial-board.ts'
import {Standstill} from './standstill.ts'
import {longestSlice, Timers, ticksPerMillisecond} from './timers.ts'
import type {VcpuConfig} from './vcpu-config.ts'

/** Instructions between two checks of the timers: a few hundred microseconds. */
const sliceInstructions = {interp: 32_768, jit: 262_144} as const
const shortestSlice = 8192
/** Milliseconds: a sleeping vCPU wakes this often even if no bell rings. Rare, as an idle machine has many of them. */
const longestSleep = 30_000
/** Traps in a row without an instruction between them after which a hart is stuck: a handler that can run retires some. */
const stuckTraps = 32
/** Ticks between two times that a hart is told how long it was kept from running. */
const stolenTimePeriod = 2 * ticksPerMillisecond
/** A stuck hart looks after 1, 2, 4, … milliseconds, in the end this often, whether it can execute these instructions. */
const [longestNap, lookInstructions] = [16, 64]

/** `stopped` and `suspended` are states of HSM, `waiting` is WFI. */
type HartMode = 'running' | 'stopped' | 'waiting' | 'suspended'

export class Vcpu {
	readonly registers: HartRegisters
	readonly #config: VcpuConfig
	readonly #memory: SharedMemory
	readonly #block: number
	readonly #board: Board
	readonly #reader: RcuReader
	readonly #cores: HostCores | undefined
	readonly #wait: DoorbellWait
	readonly #tlb: Tlb
	readonly #engine: Engine
	readonly #timers: Timers
	readonly #sbi: BuiltInSbi
	/** Undefined where the host does not count it. */
	readonly #stealTime: StealTime | undefined
	readonly #states: HartStates
	readonly #standstill: Standstill
	readonly #note: ActivityNote
	/** If times are asked for. */
	readonly #trace: HartTrace | undefined
	readonly #delay: RunDelay | undefined
	/** In serial mode. */
	readonly #turns: ThreadTurns | undefined
	#mode: HartMode = 'running'
	/** How often in a row the hart, which is stuck, could execute nothing; 0: it is not stuck. */
	#stuckLooks = 0
	#resumeAt: SuspendRequest | undefined
	/** Of the flush that the hart core has begun: Tlb.beginFlush(). */
	#flushBegan = 0

	constructor(options: {
		config: VcpuConfig
		/** Of config.synchronousTranslator. */
		Translator?: typeof SynchronousTranslator | undefined
		memory: SharedMemory
		board: Board
		blocks: VcpuBlocks
		now: () => number
		turns?: ThreadTurns | undefined
		trace?: HartTrace | undefined
	}) {
		const {config, Translator, memory, board, blocks, now, turns, trace} = options
		const {vcpu} = config
		this.#config = config
		this.#memory = memory
		this.#block = blocks.base(vcpu)
		this.#board = board
		this.#turns = turns
		this.#trace = trace
		this.registers = new HartRegisters(memory, this.#block)
		const delay = turns ? undefined : new RunDelay()
		this.#delay = delay
		const cores = delay && new HostCores(blocks, {delay})
		const onStall = (stall: Stall) => reportStall({blocks, board}, stall)
		const rcu = new Rcu(memory, config.harts, {onStall, patience: cores, onElapsed: trace?.onGracePeriod})
		this.#note = trace?.note ?? new ActivityNote(memory, this.#block)
		this.#cores = cores
		this.#reader = rcu.reader(vcpu)
		this.#wait = new DoorbellWait({
			vcpu,
			blocks,
			reader: this.#reader,
			note: this.#note,
			registers: this.registers,
			cores,
		})
		this.#timers = new Timers({vcpu, blocks, registers: this.registers, aclint: board.aclint, now})
		this.#states = new HartStates(blocks)
		this.#standstill = new Standstill({blocks, board, states: this.#states})
		const timed = (imports: EngineImports) => trace?.time(imports) ?? imports
		this.#engine = createEngine(memory, {
			config,
			block: this.#block,
			firstBlock: blocks.base(0),
			mtimeOffsetAt: board.aclint.mtimeOffsetAt,
			note: this.#note,
			Translator,
			imports: timed({
				mmioRead: (gpa, bytes) => board.bus.read(gpa, bytes),
				mmioHigh: () => board.bus.high,
				mmioWrite: (gpa, bytes, low, high) => board.bus.write(gpa, bytes, low, high),
				mmioAmo: (gpa, bytes, operation, low, high) => board.bus.amo(gpa, bytes, {operation, low, high}),
				mmioStoreConditional: (gpa, bytes, reserved, expectedLow, expectedHigh, low, high) =>
					board.bus.storeConditional(gpa, bytes, {
						expected: reserved ? {low: expectedLow, high: expectedHigh} : undefined,
						value: {low, high},
					}),
				time: now,
				random: entropySource(config),
				replaceTables: (regimes) => this.#tlb.replaceTables(vcpu, regimes),
				flushBegins: () => {
					this.#flushBegan = this.#tlb.beginFlush()
				},
				flushEnds: (regimes) => this.#tlb.endFlush(vcpu, this.#flushBegan, regimes),
				lookAtClock: () => this.#timers.lookAtClock(),
				timerChanged: () => this.#timers.changed(),
				passTurn: (point) => turns?.passWithin(pointNames[point]!) ?? 0,
			}),
		})
		// STIP is right before the next instruction, as MTIP is.
		board.aclint.onMtimeWritten = () => {
			this.#timers.changed()
			this.#timers.check()
		}
		this.#tlb = new Tlb(memory, {
			blocks,
			rcu,
			config: config.tlb,
			operations: this.#engine.tableOperations,
			satpOffset: fieldOffset.satp,
			observer: trace?.observer,
			needsClearing: () => (turns ? turns.wantHelp() : board.control.ringMain(MainDoorbell.tlbPool)),
			milliseconds: turns && (() => now() / ticksPerMillisecond),
		})
		const ram = new GuestRam(memory, blocks)
		this.#stealTime = stealTime(ram, delay)
		this.#sbi = new BuiltInSbi(
			createSbiContext({
				config,
				blocks,
				board,
				tlb: this.#tlb,
				reader: this.#reader,
				engine: this.#engine,
				note: this.#note,
				ram,
				stealTime: this.#stealTime,
				timers: this.#timers,
				stopHart: () => this.#enter('stopped'),
				suspendHart: (request) => {
					this.#resumeAt = request
					this.#enter('suspended')
				},
			}),
		)
		if (turns) {
			// Orders nothing: the run loop takes the bit. Its writer is VcpuBlocks.ring().
			const isPaused = () => (Atomics.load(memory.i32, this.#doorbell) & Doorbell.pause) !== 0
			const retired = () => this.#retired()
			turns.events = turnEvents({turns, board, tlb: this.#tlb, now, retired, isPaused})
		}
	}

	/** Called once, before the first run(). The HSM state says whether this hart starts. */
	reset(): void {
		this.#tlb.flush(this.#config.vcpu, FlushCause.reset)
		this.#engine.updateRegimes()
		this.#timers.changed()
		this.#mode = this.#states.get(this.#config.vcpu) === HsmState.STOPPED ? 'stopped' : 'running'
	}

	/** Runs the hart until the machine pauses or stops. Blocks the thread; bells reach it through shared memory. */
	run(): void {
		this.#turns?.join()
		this.#cores?.enter()
		this.#reader.online()
		this.#note.begin(Activity.runLoop)
		try {
			for (;;) {
				const bells = this.#tlb.safepoint(this.#config.vcpu)
				if (!this.#answerBells(bells)) break
				// A nap ends online, and so with another safepoint before guest code runs.
				if (this.#wait.givesCore(bells, this.#timers)) continue
				if (this.#mode === 'running') this.#runSlice()
				else this.#sleep()
			}
		} finally {
			this.#reader.offline()
			this.#cores?.leave()
			this.#note.begin(Activity.parked)
			this.#turns?.leave()
		}
	}

	/** @param bells Doorbell.flush has been answered. @returns false if the machine pauses. */
	#answerBells(bells: number): boolean {
		this.#trace?.answered(this.#delay)
		if (bells & Doorbell.fenceI) this.#engine.fenceI()
		if (bells & Doorbell.codeMade) this.#engine.removeCodeEntries()
		if (bells & Doorbell.codeChanged) this.#engine.codeChanged()
		if (bells & Doorbell.interrupt) this.#timers.changed()
		if (bells & Doorbell.message) this.#receiveCode()
		if (bells & Doorbell.hsm) this.#takeStart()
		return (bells & Doorbell.pause) === 0
	}

	#receiveCode(): void {
		const before = this.#note.begin(Activity.compilation)
		this.#engine.translator.receive()
		this.#note.end(before)
	}

	#runSlice(): void {
		const began = this.#timers.beginSlice()
		this.#adaptSlice(began)
		const {registers} = this
		const [retiredBefore, trapsBefore] = [registers.word('instret'), registers.word('traps')]
		// Another hart may have written the instructions that this one lacks, and cannot make it execute fence.i.
		if (this.#stuckLooks > 0) this.#engine.fenceI()
		const before = this.#trace?.beginGuest(began) ?? this.#note.begin(Activity.guestCode)
		const slice = this.#stuckLooks > 0 ? lookInstructions : this.#slice
		const reason = this.#turns ? this.#runByTurns(this.#turns) : this.#engine.run(this.#block, slice)
		this.#leaveTables()
		this.#note.end(before)
		this.#tellStolenTime(began)
		this.#engine.invalidatePending()
		this.#engine.translator.post()
		if (reason === ExitReason.waitForInterrupt) this.#mode = 'waiting'
		else if (reason === ExitReason.supervisorCall) this.#callSbi()
		else if (registers.word('instret') === retiredBefore) {
			if ((registers.word('traps') - trapsBefore) >>> 0 >= stuckTraps) this.#stayStuck()
			return
		}
		if (this.#stuckLooks > 0) this.#setStuck(0)
	}

	#tellStolenTime(now: number): void {
		if (now - this.#stolenTimeTold < stolenTimePeriod) return
		this.#stolenTimeTold = now
		this.#stealTime?.update()
	}
	/** Ticks. */
	#stolenTimeTold = 0

	/** A slice in pieces, each after another turn; without a safepoint between them, as other threads may come between any two instructions. */
	#runByTurns(turns: ThreadTurns): number {
		for (;;) {
			const reason = this.#engine.run(this.#block, turns.sliceLength())
			if (!turns.sliceEnded() || reason !== ExitReason.slice) return reason
		}
	}

	/**
	 * Before the next quiescent state, after which another thread may reuse the table that the slice used, if a third has swapped it
	 * out. Stores through its entries are looked for while they are there.
	 */
	#leaveTables(): void {
		// A read-modify-write: the slice's stores are ordered before the look at the bell. Pairs with markLines() in the hart core:
		// whoever marks lines and rings after it reads the code later, and sees these stores.
		if (Atomics.or(this.#memory.i32, this.#doorbell, 0) & Doorbell.codeMade) this.#engine.removeCodeEntries()
		this.registers.setWord('dataTable', 0)
	}

	#callSbi(): void {
		const before = this.#note.begin(Activity.sbiCall)
		this.#sbi.dispatch()
		this.#note.end(before)
	}

	/** Code that misses the host's caches is slow, and nothing in it looks at the clock: its slices get shorter. */
	#adaptSlice(began: number): void {
		const took = began - this.#sliceBegan
		this.#sliceBegan = began
		if (took > longestSlice) this.#slice = Math.max(this.#slice >> 1, shortestSlice)
		else if (took < longestSlice / 4)
			this.#slice = Math.min(this.#slice << 1, sliceInstructions[this.#config.translation.accel])
	}
	#slice: number = shortestSlice
	#sliceBegan = 0

	/**
	 * The trap handler itself traps. Another hart may mend that, as an interrupt may: this one naps, and looks again. The
	 * machine stops if no hart can go on.
	 */
	#stayStuck(): void {
		this.#setStuck(this.#stuckLooks + 1)
		if (this.#standstill.reached()) {
			const {code: exitCode} = exitCodes.guestStuck
			this.#board.control.requestStop({reason: StopReason.error, exitCode, hart: this.#config.vcpu})
		}
		this.#wait.sleep(Math.min(2 ** this.#stuckLooks / 2, longestNap, this.#timers.check()))
	}

	/** @param looks 0: an instruction was executed. */
	#setStuck(looks: number): void {
		const {i32} = this.#memory
		const word = (field: 'sleeps' | 'stuckLooks') => (this.#block + VcpuWords.offset[field]) >> 2
		// A hart that has been rescued may have done anything since: its state is not the one that others saw. Both publish
		// what was done before; pair with Standstill.
		if (looks === 0) Atomics.add(i32, word('sleeps'), 2)
		Atomics.store(i32, word('stuckLooks'), looks)
		this.#stuckLooks = looks
	}

	/** Sleeps, offline for RCU, until a bell, an interrupt or a deadline. */
	#sleep(): void {
		const {vcpu} = this.#config
		const waitsForInterrupt = this.#mode !== 'stopped'
		const untilDeadline = this.#timers.check()
		if (!waitsForInterrupt || !this.#engine.interruptPending()) {
			this.#countSleep()
			// In serial mode the limit would only make the virtual clock go on while nothing happens.
			const longest = this.#turns ? Number.POSITIVE_INFINITY : longestSleep
			const before = this.#note.begin(Activity.halt)
			this.#wait.halt(waitsForInterrupt ? Math.min(untilDeadline, longest) : longest)
			this.#note.end(before)
			this.#countSleep()
			this.#timers.check()
		}
		if (waitsForInterrupt && this.#engine.interruptPending()) this.#wake(vcpu)
	}

	#wake(vcpu: number): void {
		if (this.#mode === 'suspended') {
			this.#states.set(vcpu, HsmState.STARTED)
			const request = this.#resumeAt
			if (request?.kind === 'non-retentive') this.#start(request)
		}
		this.#mode = 'running'
	}

	#takeStart(): void {
		const start = this.#states.takeStart(this.#config.vcpu)
		if (start) this.#start(start)
	}

	#start({address, opaque}: {address: bigint; opaque: bigint}): void {
		const {vcpu} = this.#config
		enterSupervisor(this.registers, {hart: vcpu, address, opaque})
		this.#engine.fenceI()
		this.#tlb.flush(vcpu, FlushCause.reset)
		this.#engine.updateRegimes()
		this.#mode = 'running'
	}

	#enter(mode: HartMode): void {
		this.#mode = mode
		if (mode !== 'stopped') return
		// Nothing more is written to what the hart's next program may use otherwise. It asks again, as Linux does on each start.
		this.#stealTime?.stop()
		this.#states.set(this.#config.vcpu, HsmState.STOPPED)
	}

	/** Index of the doorbell's word. */
	get #doorbell(): number {
		return (this.#block + VcpuWords.offset.doorbell) >> 2
	}

	/** Instructions, modulo 2^32: as retired() in src/hart/core/retired.ts. */
	#retired(): number {
		const {registers} = this
		return (registers.word('instret') - registers.word('budget') - registers.word('reserve')) | 0
	}

	/** When the hart falls asleep, and when it wakes. */
	#countSleep(): void {
		// Publishes what the hart did before. Pairs with Standstill.
		Atomics.add(this.#memory.i32, (this.#block + VcpuWords.offset.sleeps) >> 2, 1)
	}
}

/** A hart that can run, but has no core of the host's, has its time stolen. In serial mode nothing is: runs repeat on any host. */
function stealTime(ram: GuestRam, delay: RunDelay | undefined): StealTime | undefined {
	if (!delay) return new StealTime(ram, () => 0)
	if (!delay.available) return undefined
	return new StealTime(ram, () => {
		delay.read()
		return delay.waited
	})
}

/** For reads of the seed CSR: 16 bits each. */
function entropySource({serial, vcpu, harts}: VcpuConfig): () => number {
	const entropy = new Uint16Array(1)
	if (!serial) return () => crypto.getRandomValues(entropy)[0] ?? 0
	const fill = randomBytes(serial.seed, harts + 1 + vcpu)
	return () => {
		fill(new Uint8Array(entropy.buffer))
		return entropy[0] ?? 0
	}
}
