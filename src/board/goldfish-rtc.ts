/** Goldfish real-time clock: nanoseconds since 1970, and one alarm. */
import {type SharedMemory, sharedStruct} from '../memory/index.ts'
import type {AccessBytes, Device} from './bus.ts'
import {type ControlWords, MainDoorbell} from './control.ts'
import type {DeviceLock} from './device-lock.ts'
import type {DeviceLocks} from './device-locks.ts'
import {DeviceSection} from './device-section.ts'
import {boardMap} from './memory-map.ts'
import type {Plic} from './plic.ts'
import {StateWords} from './state-words.ts'

// Registers: Android's GOLDFISH-VIRTUAL-HARDWARE.TXT, "Goldfish RTC"; alarm registers as in QEMU.
const Register = {
	timeLow: 0x00,
	timeHigh: 0x04,
	alarmLow: 0x08,
	alarmHigh: 0x0c,
	irqEnabled: 0x10,
	clearAlarm: 0x14,
	alarmStatus: 0x18,
	clearInterrupt: 0x1c,
} as const

/** All fields are accessed under the lock. */
export const GoldfishRtcState = sharedStruct(
	{
		lock: 'i32',
		/** Latched when TIME_LOW is read; TIME_HIGH returns it. */
		timeHigh: 'i32',
		/** Nanoseconds by which the guest's clock is ahead of the host's, 64 bits. */
		aheadLow: 'i32',
		aheadHigh: 'i32',
		/** The alarm's time by the guest's clock, nanoseconds. */
		alarmLow: 'i32',
		alarmHigh: 'i32',
		alarmSet: 'i32',
		irqEnabled: 'i32',
		irqPending: 'i32',
		/** See DeviceSection. */
		level: 'i32',
	},
	{align: 64},
)

const field = GoldfishRtcState.offset

export class GoldfishRtc implements Device {
	readonly name = 'rtc'
	readonly base = boardMap.rtc.base
	/** The registers; the rest of the range in the device tree is empty. */
	readonly size = 0x24
	readonly narrowest = 4
	readonly lock: DeviceLock
	readonly #state: StateWords
	readonly #section: DeviceSection
	readonly #control: ControlWords
	readonly #wallTime: () => number

	/** @param options.wallTime milliseconds since 1970. */
	constructor(
		memory: SharedMemory,
		options: {state: number; locks: DeviceLocks; plic: Plic; control: ControlWords; wallTime: () => number},
	) {
		this.#state = new StateWords(memory, options.state)
		this.lock = options.locks.add(this.name, options.state + field.lock)
		this.#section = new DeviceSection(memory, {
			lock: this.lock,
			plic: options.plic,
			irq: boardMap.rtc.irq,
			driven: options.state + field.level,
			level: () => (this.#state.get(field.irqPending) & this.#state.get(field.irqEnabled) ? 1 : 0),
		})
		this.#control = options.control
		this.#wallTime = options.wallTime
	}

	/** Only while no vCPU runs. */
	reset(): void {
		this.#state.clear({to: GoldfishRtcState.size})
	}

	read(offset: number, _bytes: AccessBytes): number {
		return this.#section.run(() => this.#readRegister(offset))
	}

	write(offset: number, _bytes: AccessBytes, value: number): void {
		this.#section.run(() => this.#writeRegister(offset, value))
	}

	/**
	 * Fires the alarm if it is due. For the main thread, when the rtcAlarm or the deviceLock bell rings; in serial mode for the
	 * thread that has the turn.
	 * @returns milliseconds until it is due; undefined if none is set, or if the deviceLock bell will ring.
	 */
	serveAlarm(): number | undefined {
		return this.#section.tryRun(() => {
			if (!this.#state.get(field.alarmSet)) return undefined
			const left = this.#get('alarmLow', 'alarmHigh') - this.#now()
			if (left > 0n) return Math.ceil(Number(left) / 1e6)
			this.#state.set(field.alarmSet, 0)
			this.#state.set(field.irqPending, 1)
			this.#section.event()
			return undefined
		})
	}

	/** In serial mode, on the thread that has the turn, and without the lock: no other thread runs. @returns nanoseconds until the alarm is due, at least 0; Infinity if none is set. */
	untilAlarm(): number {
		if (!this.#state.get(field.alarmSet)) return Number.POSITIVE_INFINITY
		return Math.max(0, Number(this.#get('alarmLow', 'alarmHigh') - this.#now()))
	}

	#readRegister(register: number): number {
		switch (register) {
			case Register.timeLow: {
				const now = this.#now()
				this.#state.set(field.timeHigh, Number(BigInt.asUintN(32, now >> 32n)))
				return Number(BigInt.asUintN(32, now))
			}
			case Register.timeHigh:
				return this.#state.get(field.timeHigh)
			case Register.alarmLow:
				return this.#state.get(field.alarmLow)
			case Register.alarmHigh:
				return this.#state.get(field.alarmHigh)
			case Register.irqEnabled:
				return this.#state.get(field.irqEnabled)
			case Register.alarmStatus:
				return this.#state.get(field.alarmSet)
			default:
				return 0
		}
	}

	#writeRegister(register: number, value: number): void {
		switch (register) {
			case Register.timeLow:
				this.#setTime((this.#now() & ~0xffff_ffffn) | BigInt(value))
				return
			case Register.timeHigh:
				this.#setTime((BigInt(value) << 32n) | (this.#now() & 0xffff_ffffn))
				return
			case Register.alarmHigh:
				this.#state.set(field.alarmHigh, value)
				return
			case Register.alarmLow:
				// Writing the low word arms the alarm.
				this.#state.set(field.alarmLow, value)
				this.#state.set(field.alarmSet, 1)
				this.#control.ringMain(MainDoorbell.rtcAlarm)
				return
			case Register.irqEnabled:
				this.#state.set(field.irqEnabled, value & 1)
				return
			case Register.clearAlarm:
				this.#state.set(field.alarmSet, 0)
				return
			case Register.clearInterrupt:
				this.#state.set(field.irqPending, 0)
		}
	}

	#now(): bigint {
		return BigInt(Math.floor(this.#wallTime() * 1000)) * 1000n + this.#get('aheadLow', 'aheadHigh')
	}

	#setTime(nanoseconds: bigint): void {
		const ahead = nanoseconds - (this.#now() - this.#get('aheadLow', 'aheadHigh'))
		this.#state.set(field.aheadLow, Number(BigInt.asUintN(32, ahead)))
		this.#state.set(field.aheadHigh, Number(BigInt.asUintN(32, ahead >> 32n)))
	}

	#get(low: 'aheadLow' | 'alarmLow', high: 'aheadHigh' | 'alarmHigh'): bigint {
		return BigInt.asIntN(64, (BigInt(this.#state.get(field[high])) << 32n) | BigInt(this.#state.get(field[low])))
	}
}
