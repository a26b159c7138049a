/** SiFive's test finisher: the guest ends the machine with one store. */
import type {AccessBytes, Device} from './bus.ts'
import {type ControlWords, StopReason} from './control.ts'
import {boardMap} from './memory-map.ts'

// Commands, in the low 16 bits; the high 16 bits are the exit code of a failure. QEMU, hw/misc/sifive_test.c.
export const Finisher = {fail: 0x3333, pass: 0x5555, reset: 0x7777} as const

export class TestFinisher implements Device {
	readonly name = 'test finisher'
	readonly base = boardMap.testFinisher.base
	readonly size = boardMap.testFinisher.size
	readonly narrowest = 2
	readonly #control: ControlWords

	constructor(control: ControlWords) {
		this.#control = control
	}

	read(_offset: number, _bytes: AccessBytes): number {
		return 0
	}

	write(offset: number, _bytes: AccessBytes, value: number): void {
		if (offset !== 0) return
		const command = value & 0xffff
		if (command === Finisher.pass) this.#control.requestStop({reason: StopReason.powerOff})
		if (command === Finisher.reset) this.#control.requestStop({reason: StopReason.reboot})
		if (command === Finisher.fail) this.#control.requestStop({reason: StopReason.exitCode, exitCode: value >>> 16})
	}
}
