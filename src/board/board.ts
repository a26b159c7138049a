/** The board: all devices of QEMU's `virt`. Each thread has a Board of its own; the registers are in shared memory. */
import {
	GuestRam,
	pageBytes,
	type RegionRequest,
	type SharedMemory,
	sharedStruct,
	type VcpuBlocks,
} from '../memory/index.ts'
import {Aclint, AclintState} from './aclint.ts'
import {Bus} from './bus.ts'
import {ConsoleBackend} from './console-backend.ts'
import {Control, ControlWords} from './control.ts'
import type {HungLock, LockThread, LockTimer} from './device-lock.ts'
import {DeviceLocks} from './device-locks.ts'
import {EmptyPlace} from './empty-place.ts'
import {GoldfishRtc, GoldfishRtcState} from './goldfish-rtc.ts'
import {emptyPlaces, virtioSlotCount} from './memory-map.ts'
import {Plic, PlicState} from './plic.ts'
import {TestFinisher} from './test-finisher.ts'
import {Uart, UartState} from './uart.ts'
import type {ServedDevice} from './virtio/virtio-device.ts'
import {VirtioMmio, VirtioMmioState, type VirtioMmioVersion} from './virtio/virtio-mmio.ts'
import {VirtioRng} from './virtio/virtio-rng.ts'
import {WorkerBells} from './virtio/worker-bells.ts'

const BoardState = sharedStruct(
	{
		control: Control,
		aclint: AclintState,
		plic: PlicState,
		rtc: GoldfishRtcState,
		uart: UartState,
		virtio0: VirtioMmioState,
		virtio1: VirtioMmioState,
		virtio2: VirtioMmioState,
		virtio3: VirtioMmioState,
		virtio4: VirtioMmioState,
		virtio5: VirtioMmioState,
		virtio6: VirtioMmioState,
		virtio7: VirtioMmioState,
	},
	{align: pageBytes},
)

/** The region `devices`: control words and all device registers, laid out for maximumHarts. */
export function boardRegion(): RegionRequest {
	return {name: 'devices', size: BoardState.size, align: BoardState.align}
}

export type BoardOptions = Readonly<{
	/** Ticks of the machine's clock; see ticksSince(). */
	now: () => number
	/** The hart whose thread uses this board. */
	hart?: number
	/** The I/O worker that uses it. Neither: the main thread. */
	worker?: number
	/** Devices that I/O workers serve, in slots from 1. The same in all threads. */
	served?: readonly ServedDevice[] | undefined
	/** Milliseconds since 1970; by default the host's. */
	wallTime?: () => number
	/** Of the transport of all virtio-mmio slots; by default 1, as on QEMU's board. */
	virtioMmioVersion?: VirtioMmioVersion | undefined
	/** Fills an array with random bytes; by default from the host's generator. */
	fillRandom?: (bytes: Uint8Array<ArrayBuffer>) => void
	/** Whether output rings the main thread, default; in serial mode it is asked to take it. */
	announcesOutput?: boolean
	lockTimer?: LockTimer | undefined
}>

export class Board {
	readonly control: ControlWords
	readonly aclint: Aclint
	readonly plic: Plic
	readonly rtc: GoldfishRtc
	/** Registers for the bus, putConsole() and getConsole() for SBI. */
	readonly uart: Uart
	readonly virtio: readonly VirtioMmio[]
	readonly workerBells: WorkerBells
	readonly bus: Bus
	/** The console's other end, for the main thread. */
	readonly console: ConsoleBackend
	readonly #locks: DeviceLocks

	constructor(memory: SharedMemory, blocks: VcpuBlocks, options: BoardOptions) {
		const {
			now,
			hart,
			worker,
			served = [],
			virtioMmioVersion: version = 1,
			wallTime = Date.now,
			fillRandom = (bytes) => void crypto.getRandomValues(bytes),
			announcesOutput = true,
		} = options
		const {offset} = memory.region('devices')
		const state = (name: keyof typeof BoardState.offset) => offset + BoardState.offset[name]
		const ram = new GuestRam(memory, blocks)
		const control = new ControlWords(memory, blocks)
		const locks = new DeviceLocks(memory, {control, thread: {hart, worker}, timer: options.lockTimer})
		const plic = new Plic(memory, {state: state('plic'), locks, blocks})
		const bells = new WorkerBells(memory)
		this.#locks = locks
		this.workerBells = bells
		this.control = control
		this.plic = plic
		this.aclint = new Aclint(memory, {state: state('aclint'), locks, blocks, now})
		this.rtc = new GoldfishRtc(memory, {state: state('rtc'), locks, plic, control, wallTime})
		this.uart = new Uart(memory, {state: state('uart'), locks, plic, control, announcesOutput})
		this.virtio = Array.from({length: virtioSlotCount}, (_, slot) => {
			const device = slot === 0 ? new VirtioRng(fillRandom) : served[slot - 1]
			const slotState = state(`virtio${slot}` as keyof typeof BoardState.offset)
			return new VirtioMmio(memory, {slot, state: slotState, locks, ram, plic, version, device, bells})
		})
		const finisher = new TestFinisher(control)
		const empty = (Object.keys(emptyPlaces) as (keyof typeof emptyPlaces)[]).map((name) => new EmptyPlace(name))
		this.bus = new Bus([finisher, this.rtc, this.aclint, plic, this.uart, ...this.virtio, ...empty])
		this.console = new ConsoleBackend(this.uart)
	}

	/** For the main thread, at each heartbeat. @returns a device's lock that has been held for `limit` calls. */
	watch(limit: number): HungLock | undefined {
		return this.#locks.watch(limit)
	}

	/** A thread has died: threads that wait for a device's lock that it held get an error. For the main thread. */
	orphan(thread: LockThread): void {
		this.#locks.orphan(thread)
	}

	/** Resets every register to its value at power-on. For the main thread, before the vCPUs start. */
	reset(): void {
		this.control.reset()
		for (const device of [this.aclint, this.plic, this.rtc, this.uart, ...this.virtio]) device.reset()
	}
}
