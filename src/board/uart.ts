/**
 * NS16550A UART. Its serial line is a pair of rings that the main thread serves. Events, as QEMU's serial.c has them: a byte
 * is sent, received or read, the transmitter has room again, IER or FCR is written.
 */
import {array, type SharedMemory, sharedStruct} from '../memory/index.ts'
import type {AccessBytes, Device} from './bus.ts'
import {ByteRing, byteRing} from './byte-ring.ts'
import {type ControlWords, MainDoorbell} from './control.ts'
import type {DeviceLock} from './device-lock.ts'
import type {DeviceLocks} from './device-locks.ts'
import {DeviceSection} from './device-section.ts'
import {boardMap} from './memory-map.ts'
import type {Plic} from './plic.ts'
import {StateWords} from './state-words.ts'

// Registers: PC16550D data sheet, table II, "Summary of Registers".
const Register = {data: 0, ier: 1, iirFcr: 2, lcr: 3, mcr: 4, lsr: 5, msr: 6, scratch: 7} as const
const Ier = {received: 1, transmitterEmpty: 2, lineStatus: 4, all: 0x0f} as const
const Iir = {none: 1, transmitterEmpty: 2, received: 4, lineStatus: 6, timeout: 0x0c, fifos: 0xc0} as const
const Fcr = {enable: 1, clearReceiver: 2, clearTransmitter: 4, kept: 0xc9} as const
const Lcr = {divisorLatch: 0x80} as const
const Mcr = {requestToSend: 2, loopback: 0x10, all: 0x1f} as const
const Lsr = {dataReady: 1, overrun: 2, transmitterReady: 0x20, transmitterIdle: 0x40} as const
/** Carrier, data set ready, clear to send: the line is always up. */
const modemStatus = 0xb0
const fifoBytes = 16
/** Reads of LSR in a row, with the transmitter ready, by which a driver shows that it waits for input. */
const pollsOfInput = 16
/** Bytes in the FIFO that raise "received data available", by the top two bits of FCR. */
const receiveTriggers = [1, 4, 8, 14] as const

/** Pieces that one call of drainOutput() takes at most. */
const drainPieces = 16

const OutputRing = byteRing(65_536)
const InputRing = byteRing(16_384)

export const UartState = sharedStruct(
	{
		// under the lock
		lock: 'i32',
		ier: 'i32',
		lcr: 'i32',
		mcr: 'i32',
		fcr: 'i32',
		scratch: 'i32',
		divisorLow: 'i32',
		divisorHigh: 'i32',
		/** Error bits of LSR; reading LSR clears them. */
		lineErrors: 'i32',
		/** 1 while the transmitter-empty interrupt is pending; reading it from IIR clears it. */
		transmitterEmpty: 'i32',
		/** 1 while nothing reaches the receiver, until the driver is ready. See #receiverHears(). */
		receiverOff: 'i32',
		/** Reads of LSR in a row while the receiver is off. */
		polls: 'i32',
		/** 1 once the guest has asserted RTS. */
		usesRts: 'i32',
		/** See DeviceSection. */
		level: 'i32',
		/** Bytes sent in loopback mode and not yet received, oldest first. */
		loopbackCount: 'i32',
		loopback: array('i32', fifoBytes),
		// atomic; see #exchange()
		/** 1 while the transmitter waits for the main thread to drain the output. */
		outputStalled: 'i32',
		/** 1 while the main thread has input that did not fit into the ring. */
		inputRefused: 'i32',
		output: OutputRing,
		input: InputRing,
	},
	{align: 128},
)

const field = UartState.offset

export class Uart implements Device {
	readonly name = 'uart'
	readonly base = boardMap.uart.base
	/** The eight registers; the rest of the range in the device tree is empty. */
	readonly size = 8
	readonly narrowest = 1
	readonly lock: DeviceLock
	readonly #memory: SharedMemory
	readonly #base: number
	readonly #state: StateWords
	readonly #section: DeviceSection
	readonly #control: ControlWords
	readonly #output: ByteRing
	readonly #input: ByteRing
	/** The main thread's: it has made room for a stalled transmitter, and must still announce it under the lock. */
	#readinessOwed = false

	/** @param options.announcesOutput whether the main thread is rung for output; otherwise it looks when it is asked to. */
	constructor(
		memory: SharedMemory,
		options: {state: number; locks: DeviceLocks; plic: Plic; control: ControlWords; announcesOutput: boolean},
	) {
		const {state, locks, plic, control, announcesOutput} = options
		this.#memory = memory
		this.#base = state
		this.#state = new StateWords(memory, state)
		this.lock = locks.add(this.name, state + field.lock)
		this.#section = new DeviceSection(memory, {
			lock: this.lock,
			plic,
			irq: boardMap.uart.irq,
			driven: state + field.level,
			level: () => (this.#interruptId() === Iir.none ? 0 : 1),
		})
		this.#control = control
		const onFilled = announcesOutput ? () => control.ringMain(MainDoorbell.consoleOutput) : () => {}
		this.#output = new ByteRing(memory, {struct: OutputRing, offset: state + field.output, onFilled})
		this.#input = new ByteRing(memory, {struct: InputRing, offset: state + field.input, onFilled: () => {}})
	}

	/** Only while no vCPU runs and the main thread does not read the console. */
	reset(): void {
		this.#state.clear({to: UartState.size})
	}

	read(offset: number, _bytes: AccessBytes): number {
		return this.#section.run(() => {
			const value = this.#readRegister(offset)
			this.#watchPolling(offset, value)
			return value
		})
	}

	write(offset: number, _bytes: AccessBytes, value: number): void {
		this.#section.run(() => {
			this.#writeRegister(offset, value & 0xff)
			this.#watchPolling(offset, 0)
		})
	}

	/**
	 * Sends bytes without using the registers, for SBI. Leaves room for a full FIFO: another hart may have found the transmitter
	 * ready, and write its byte after this. @returns how many fit into the ring.
	 */
	putConsole(bytes: Uint8Array): number {
		return this.#section.run(() => {
			const room = Math.max(0, this.#output.free - fifoBytes)
			const count = this.#output.push(bytes.subarray(0, room))
			this.#afterTransmit()
			return count
		})
	}

	/** Takes at most `maximum` bytes of input without using the registers, for SBI. */
	getConsole(maximum: number): Uint8Array<ArrayBuffer> {
		return this.#section.run(() => this.#takeInput(maximum))
	}

	/** Blocks a vCPU's thread until putConsole() has room, and the transmitter is ready, for at most `timeoutMs`. */
	waitForRoom(timeoutMs: number): void {
		this.#output.waitForRoom(timeoutMs, fifoBytes + 1)
	}

	/** Whether there is output that the main thread has not taken. */
	get hasOutput(): boolean {
		return this.#output.used > 0
	}

	/** Takes the guest's output. For the main thread only, the ring's consumer; also when the deviceLock bell rings. */
	drainOutput(): Uint8Array<ArrayBuffer>[] {
		const pieces: Uint8Array<ArrayBuffer>[] = []
		// Until a check after the last take() finds the ring empty: from then on a new byte rings the bell. See ByteRing.
		while (this.#output.used > 0) {
			if (pieces.length === drainPieces) {
				// The guest sends faster than this loop takes: give the event loop a turn.
				this.#control.ringMain(MainDoorbell.consoleOutput)
				break
			}
			pieces.push(this.#output.take(OutputRing.fields.data.count))
		}
		// Ordered after the store of the ring's head. Pairs with #afterTransmit().
		if (pieces.length > 0 && this.#exchange('outputStalled', 0) === 1) this.#readinessOwed = true
		if (this.#readinessOwed) this.#section.tryRun(() => this.#announceReadiness())
		return pieces
	}

	/**
	 * Types bytes. For the main thread only.
	 * @returns how many were accepted. If not all, the consoleInput or the deviceLock bell rings when to retry.
	 */
	feedInput(bytes: Uint8Array): number {
		const taken = this.#section.tryRun(() => {
			const count = this.#input.push(bytes)
			this.#section.event()
			// Orders nothing: under the lock, as is its partner in #takeInput().
			if (count < bytes.length) this.#exchange('inputRefused', 1)
			return count
		})
		return taken ?? 0
	}

	#announceReadiness(): void {
		this.#state.set(field.transmitterEmpty, 1)
		this.#section.event()
		this.#readinessOwed = false
	}

	#readRegister(register: number): number {
		const state = this.#state
		const divisorLatch = (state.get(field.lcr) & Lcr.divisorLatch) !== 0
		switch (register) {
			case Register.data:
				return divisorLatch ? state.get(field.divisorLow) : this.#read()
			case Register.ier:
				return divisorLatch ? state.get(field.divisorHigh) : state.get(field.ier)
			case Register.iirFcr: {
				const iir = this.#interruptId()
				if (iir === Iir.transmitterEmpty) state.set(field.transmitterEmpty, 0)
				return iir | (state.get(field.fcr) & Fcr.enable ? Iir.fifos : 0)
			}
			case Register.lcr:
				return state.get(field.lcr)
			case Register.mcr:
				return state.get(field.mcr)
			case Register.lsr: {
				const lsr = this.#lineStatus()
				if (state.get(field.lineErrors)) this.#section.event()
				state.set(field.lineErrors, 0)
				return lsr
			}
			case Register.msr: {
				const mcr = state.get(field.mcr)
				// In loopback mode OUT2, OUT1, RTS and DTR are connected to DCD, RI, CTS and DSR.
				return mcr & Mcr.loopback ? ((mcr & 0x0c) << 4) | ((mcr & 2) << 3) | ((mcr & 1) << 5) : modemStatus
			}
			case Register.scratch:
				return state.get(field.scratch)
			default:
				return 0
		}
	}

	#writeRegister(register: number, value: number): void {
		const state = this.#state
		const divisorLatch = (state.get(field.lcr) & Lcr.divisorLatch) !== 0
		switch (register) {
			case Register.data:
				if (divisorLatch) state.set(field.divisorLow, value)
				else this.#transmit(value)
				return
			case Register.ier:
				if (divisorLatch) state.set(field.divisorHigh, value)
				else this.#writeIer(value & Ier.all)
				return
			case Register.iirFcr:
				this.#writeFcr(value)
				return
			case Register.lcr:
				state.set(field.lcr, value)
				return
			case Register.mcr:
				state.set(field.mcr, value & Mcr.all)
				// RTS may let input in.
				this.#section.event()
				// In loopback mode the outputs are off, whatever their bits.
				if (value & Mcr.requestToSend && !(value & Mcr.loopback)) state.set(field.usesRts, 1)
				return
			case Register.scratch:
				state.set(field.scratch, value)
		}
	}

	/** Enabling the transmitter-empty interrupt makes it pending (again) if the transmitter is empty. */
	#writeIer(ier: number): void {
		const before = this.#state.get(field.ier)
		this.#state.set(field.ier, ier)
		if (ier & Ier.received) this.#state.set(field.receiverOff, 0)
		if (before !== ier) this.#section.event()
		if (!((before ^ ier) & Ier.transmitterEmpty)) return
		if (ier & Ier.transmitterEmpty) this.#afterTransmit()
		else this.#state.set(field.transmitterEmpty, 0)
	}

	/** The input ring is the far end of the line, not the FIFO: clearing the FIFO loses no input. */
	#writeFcr(value: number): void {
		this.#section.event()
		const wasEnabled = this.#state.get(field.fcr) & Fcr.enable
		if (value & Fcr.enable) this.#state.set(field.receiverOff, 0)
		else if (wasEnabled) this.#state.set(field.receiverOff, 1)
		const toggled = (this.#state.get(field.fcr) ^ value) & Fcr.enable
		if (toggled || value & Fcr.clearReceiver) this.#state.set(field.loopbackCount, 0)
		if (toggled || value & Fcr.clearTransmitter) this.#afterTransmit()
		this.#state.set(field.fcr, value & Fcr.enable ? value & Fcr.kept : 0)
	}

	/**
	 * Whether what is typed reaches the receiver now. Otherwise it waits in the input ring. Two cases, so that a driver
	 * loses nothing of what is typed before it is ready, or while it has no room:
	 * - Linux's driver opens and closes a port with the FIFO disabled, and throws away what it then reads. From there on
	 *   nothing arrives until a driver enables the FIFO or the interrupt, or polls.
	 * - A driver that receives by interrupts, and has asserted RTS before, stops its peer by dropping RTS.
	 */
	#receiverHears(): boolean {
		const state = this.#state
		if (state.get(field.receiverOff)) return false
		const stops = state.get(field.usesRts) && !(state.get(field.mcr) & Mcr.requestToSend)
		return !(stops && state.get(field.ier) & Ier.received)
	}

	/** Called after each access. @param value what was read. */
	#watchPolling(register: number, value: number): void {
		if (!this.#state.get(field.receiverOff)) return
		// A loop that waits for the transmitter reads LSR again and again, too.
		const polls = register === Register.lsr && (value & Lsr.transmitterReady) !== 0
		const inRow = polls ? this.#state.get(field.polls) + 1 : 0
		this.#state.set(field.polls, inRow)
		if (inRow >= pollsOfInput) this.#state.set(field.receiverOff, 0)
	}

	#transmit(byte: number): void {
		this.#section.event()
		if (this.#state.get(field.mcr) & Mcr.loopback) this.#loopBack(byte)
		// If the ring is full, the byte is lost: the driver did not wait for LSR.THRE.
		else this.#output.put(byte)
		this.#afterTransmit()
	}

	/** Updates the transmitter-empty interrupt. The transmitter is busy while the ring has no room for a full FIFO. */
	#afterTransmit(): void {
		let ready = this.#transmitterReady()
		if (!ready) {
			// Ordered before the second check of the ring: either that sees the room that the main thread has made, or the
			// main thread, after it made room, sees the flag. Pairs with drainOutput().
			this.#exchange('outputStalled', 1)
			ready = this.#transmitterReady()
		}
		this.#state.set(field.transmitterEmpty, ready ? 1 : 0)
	}

	#transmitterReady(): boolean {
		return (this.#state.get(field.mcr) & Mcr.loopback) !== 0 || this.#output.free >= fifoBytes
	}

	#loopBack(byte: number): void {
		const count = this.#state.get(field.loopbackCount)
		if (count >= (this.#state.get(field.fcr) & Fcr.enable ? fifoBytes : 1)) {
			this.#state.set(field.lineErrors, Lsr.overrun)
			return
		}
		this.#state.set(field.loopback + count * 4, byte)
		this.#state.set(field.loopbackCount, count + 1)
	}

	/** What is left interrupts again. */
	#read(): number {
		this.#section.event()
		return this.#receive()
	}

	#receive(): number {
		const count = this.#state.get(field.loopbackCount)
		if (count === 0) {
			const closed = this.#state.get(field.mcr) & Mcr.loopback || !this.#receiverHears()
			return closed ? 0 : (this.#takeInput(1)[0] ?? 0)
		}
		const byte = this.#state.get(field.loopback)
		for (let index = 1; index < count; index++) {
			this.#state.set(field.loopback + (index - 1) * 4, this.#state.get(field.loopback + index * 4))
		}
		this.#state.set(field.loopbackCount, count - 1)
		return byte
	}

	#takeInput(maximum: number): Uint8Array<ArrayBuffer> {
		const bytes = this.#input.take(maximum)
		// Orders nothing: under the lock, as is its partner in feedInput().
		if (bytes.length > 0 && this.#exchange('inputRefused', 0) === 1) this.#control.ringMain(MainDoorbell.consoleInput)
		return bytes
	}

	#received(): number {
		const loopback = this.#state.get(field.loopbackCount)
		if (this.#state.get(field.mcr) & Mcr.loopback || !this.#receiverHears()) return loopback
		return loopback + this.#input.used
	}

	#lineStatus(): number {
		const ready = this.#transmitterReady() ? Lsr.transmitterReady | Lsr.transmitterIdle : 0
		return ready | (this.#received() > 0 ? Lsr.dataReady : 0) | this.#state.get(field.lineErrors)
	}

	/** The interrupt of the highest priority. PC16550D, table IV. The receive timeout has always elapsed. */
	#interruptId(): number {
		const ier = this.#state.get(field.ier)
		if (ier & Ier.lineStatus && this.#state.get(field.lineErrors)) return Iir.lineStatus
		const received = ier & Ier.received ? this.#received() : 0
		if (received > 0) {
			const fcr = this.#state.get(field.fcr)
			return fcr & Fcr.enable && received < (receiveTriggers[fcr >> 6] ?? 1) ? Iir.timeout : Iir.received
		}
		return ier & Ier.transmitterEmpty && this.#state.get(field.transmitterEmpty) ? Iir.transmitterEmpty : Iir.none
	}

	/** Exchanges a flag between the vCPUs and the main thread. Each use names its partner. */
	#exchange(flag: 'outputStalled' | 'inputRefused', value: 0 | 1): number {
		return Atomics.exchange(this.#memory.i32, (this.#base + field[flag]) >> 2, value)
	}
}
