/** Implements the context of the built-in SBI, on the calling hart's own thread. */
import {type Board, StopReason} from '../board/index.ts'
import {Activity, type ActivityNote} from '../hart/index.ts'
import {Doorbell, type GuestRam, type VcpuBlocks, VcpuWords} from '../memory/index.ts'
import type {RcuReader} from '../rcu/index.ts'
import type {PageRange, RemoteFence, SbiContext, StealTime, SuspendRequest} from '../sbi/index.ts'
import type {Tlb} from '../tlb/index.ts'
import type {Engine} from './engine.ts'
import type {Timers} from './timers.ts'
import type {VcpuConfig} from './vcpu-config.ts'

export type SbiMachine = Readonly<{
	config: VcpuConfig
	blocks: VcpuBlocks
	board: Board
	tlb: Tlb
	reader: RcuReader
	engine: Engine
	note: ActivityNote
	ram: GuestRam
	stealTime: StealTime | undefined
	timers: Timers
	stopHart: () => void
	suspendHart: (request: SuspendRequest) => void
}>

/** Milliseconds between two checks whether the machine pauses. */
const consoleWait = 200

export function createSbiContext(machine: SbiMachine): SbiContext {
	const {config, blocks, board, engine, ram, stealTime, timers} = machine
	const bytes = new DataView(blocks.memory.memory.buffer)
	return {
		hart: config.vcpu,
		blocks,
		ram,
		stealTime,
		console: {
			write: (data) => writeConsole(machine, data),
			read: (into) => {
				const typed = board.uart.getConsole(into.length)
				into.set(typed)
				return typed.length
			},
		},
		timerChanged: () => timers.changed(),
		remoteFence: (fence) => carryOut(machine, fence),
		loadDoubleword: (gva) => {
			const offset = engine.readMemory(gva, 8) >>> 0
			return offset === 0 ? undefined : bytes.getBigUint64(offset, true)
		},
		stop: ({reason, exitCode}) =>
			board.control.requestStop({
				reason: reason === 'reboot' ? StopReason.reboot : StopReason.powerOff,
				exitCode,
				hart: config.vcpu,
			}),
		stopHart: machine.stopHart,
		suspendHart: machine.suspendHart,
	}
}

function carryOut({config, tlb, engine, note}: SbiMachine, fence: RemoteFence): void {
	const initiator = config.vcpu
	const {targets} = fence
	const isOfCode = fence.kind === 'fence.i'
	const before = note.begin(Activity.fence)
	if (isOfCode) tlb.flushRemote({initiator, targets, what: 'instructions'})
	else tlb.flushRemote({initiator, targets, range: tlbRange(fence.range), asid: fence.asid})
	if (isOfCode && targets.includes(initiator)) engine.fenceI()
	note.end(before)
}

function tlbRange(range: PageRange) {
	if (range === 'all') return undefined
	return {firstLow: range.first | 0, firstHigh: Math.floor(range.first / 2 ** 32), pages: range.pages}
}

/** Waits until the console has room, unless the machine pauses. @returns how many bytes were written. */
function writeConsole({config, blocks, board, reader, note}: SbiMachine, data: Uint8Array): number {
	const doorbell = (blocks.base(config.vcpu) + VcpuWords.offset.doorbell) >>> 2
	for (;;) {
		const taken = board.uart.putConsole(data)
		if (taken > 0) return taken
		// Orders nothing: only tests the bit, which the run loop takes. Its writer is VcpuBlocks.ring().
		if (Atomics.load(blocks.memory.i32, doorbell) & Doorbell.pause) return 0
		reader.offline()
		const before = note.begin(Activity.console)
		board.uart.waitForRoom(consoleWait)
		note.end(before)
		reader.online()
	}
}
