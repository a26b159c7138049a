/**
 * A well-behaved driver: checks that the board still serves after an attack. Plain: only while no other thread runs.
 */
import {boardMap, MainDoorbell, virtioSlot} from '../../src/board/index.ts'
import {assert} from '../../src/errors.ts'
import {type Gpa, GuestRam, Mip, ramBase} from '../../src/memory/index.ts'
import type {HostileMachine} from './board-machine.ts'
import {VirtioRegister} from './virtio-registers.ts'

const {base, irq} = virtioSlot(0)
const enableContext1 = 0x2080
const claimContext1 = 0x20_1004
const [transmit, lineStatus, transmitterReady] = [0, 5, 0x20]

/** @param options.at where its rings are. @throws if something does not work as after power-on. */
export function useBoard(
	{board, blocks, memory, virtioMmioVersion}: HostileMachine,
	{at = ramBase}: {at?: Gpa} = {},
): void {
	const {bus} = board
	board.reset()
	const ram = new GuestRam(memory)
	ram.bytes(at, 0x4000).fill(0)
	const view = new DataView(memory.memory.buffer, ram.ramOffset(at, 0x4000), 0x4000)
	const isLegacy = virtioMmioVersion === 1
	const [table, buffer] = [at, at + 0x3000]
	/** Of version 1: behind 8 descriptors, and at the next page. */
	const [available, used] = isLegacy ? [at + 0x80, at + 0x1000] : [at + 0x1000, at + 0x2000]
	const write = (register: VirtioRegister, value: number) =>
		assert(bus.write(base + VirtioRegister[register], 4, value) === 1, `${register} can be written`)
	bus.write(boardMap.plic.base + irq * 4, 4, 1)
	bus.write(boardMap.plic.base + enableContext1, 4, 1 << irq)
	if (isLegacy) write('guestPageSize', 4096)
	write('status', 3)
	write('driverFeaturesSelect', 1)
	write('driverFeatures', 1)
	write('status', 11)
	write('queueSize', 8)
	for (const [register, gpa] of [
		['descriptorTable', table],
		['availableRing', available],
		['usedRing', used],
	] as const) {
		write(register, gpa % 2 ** 32)
		bus.write(base + VirtioRegister[register] + 4, 4, Math.floor(gpa / 2 ** 32))
	}
	if (isLegacy) write('queuePageFrame', table / 4096)
	else write('queueReady', 1)
	write('status', 15)
	// Descriptor 0: 64 bytes for the device to write. Offered as entry 0.
	view.setBigUint64(0, BigInt(buffer), true)
	view.setUint32(8, 64, true)
	view.setUint16(12, 2, true)
	view.setUint16(available - at + 2, 1, true)
	write('queueNotify', 0)
	assert(view.getUint16(used - at + 2, true) === 1, 'the entropy source gives the buffer back')
	assert(
		ram.bytes(buffer, 64).some((byte) => byte !== 0),
		'the buffer holds random bytes',
	)
	assert(blocks.memory.i32[(blocks.base(0) + 4) >> 2] === Mip.SEIP, 'hart 0 sees the interrupt')
	assert(bus.read(boardMap.plic.base + claimContext1, 4) === irq, 'the interrupt can be claimed')
	assert((bus.read(boardMap.uart.base + lineStatus, 1) & transmitterReady) !== 0, 'the transmitter is ready')
	bus.write(boardMap.uart.base + transmit, 1, 0x21)
	assert((board.control.takeMain() & MainDoorbell.consoleOutput) !== 0, 'the main thread is told of output')
	assert(
		board.console.read().some((bytes) => bytes.includes(0x21)),
		'the byte comes out',
	)
	assert(bus.read(boardMap.rtc.base, 4) >= 0, 'the clock can be read')
	assert(board.rtc.serveAlarm() === undefined, 'no alarm is set')
	assert(board.control.stop() === undefined, 'nothing has stopped the machine')
}
