/**
 * A driver that does what it should not: seeded attacks on every register of the board, and on what devices read in
 * guest RAM.
 */
import {type Board, type BoardRange, boardMap, Finisher, virtioSlot, virtioSlotCount} from '../../src/board/index.ts'
import {AtomicOperation, GuestRam, ramBase} from '../../src/memory/index.ts'
import {Random} from '../hart/core/float-operands.ts'
import {pokePages} from './balloon-attacks.ts'
import {pokeBlockRequests} from './block-attacks.ts'
import {type HostileMachine, ramBytes} from './board-machine.ts'
import {pokeFrames} from './net-attacks.ts'
import {pokeShareRequests} from './share-attacks.ts'
import {VirtioRegister} from './virtio-registers.ts'

const {testFinisher, rtc, aclint, plic, uart} = boardMap
const slots = Array.from({length: virtioSlotCount}, (_, slot) => virtioSlot(slot))
const devices: readonly BoardRange[] = [testFinisher, rtc, aclint, plic, uart, ...slots]
/** Of `devices`, in their order. */
const deviceNames = [
	...['testFinisher', 'rtc', 'aclint', 'plic', 'uart'],
	...slots.map((_, slot) => ['rng', 'raw', 'qcow2', '9p', 'net', 'balloon'][slot] ?? `slot ${slot}`),
]
/** Slots from 0 on that have devices. */
const usedSlots = 6
/** All but the empty slots. */
export const attackedDevices: readonly string[] = deviceNames.slice(0, usedSlots - virtioSlotCount)
const [shareSlot, netSlot, balloonSlot] = [3, 4, 5]
/** By slot; of others one. */
const queueCounts: Readonly<Record<number, number>> = {[netSlot]: 2, [balloonSlot]: 5}

/** Registers, arrays of registers, and where they end. */
const interestingOffsets = [
	...Array.from({length: 0x40}, (_, word) => word * 4),
	...[1, 2, 3, 5, 6, 7, 0xfc, 0x100, 0x104, 0x10c, 0x180, 0x184, 0x200, 0x800, 0xff8, 0xffc, 0xfff],
	...[0x1000, 0x1004, 0x100c, 0x1010, 0x107c, 0x1080, 0x2000, 0x2008, 0x200c, 0x2010, 0x2080, 0x2380, 0x2400, 0x3ffc],
	...[0x4000, 0x4004, 0x4018, 0x401c, 0x4020, 0x4024, 0xbff0, 0xbff8, 0xbffc, 0xc000, 0xfffc],
	...[0x1f_fff8, 0x1f_fffc, 0x20_0000, 0x20_0004, 0x20_0008, 0x20_1004, 0x20_7000, 0x20_7004, 0x20_8000, 0x20_8004],
	...[0x21_0004, 0x3f_f004, 0x40_0000, 0x5f_f000, 0x5f_f004, 0x5f_fffc, 0x60_0000],
]
const boundaryValues = [
	...[0, 1, 2, 3, 7, 8, 10, 11, 15, 16, 63, 64, 95, 96, 97, 127, 128, 255, 256, 257, 0xfff, 0x1000, 0x7fff, 0x8000],
	...[0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xc000_0000, 0xffff_f000, 0xffff_fffe, 0xffff_ffff],
]
/** As a hart passes them: 64 bits, rounded to a double. */
const absurdAddresses = [
	...[0, 0xfff, 0x1000, 0xffff, 0x1_0000, 0xf_ffff, ramBase - 4, ramBase, ramBase + ramBytes - 4, ramBase + ramBytes],
	...[2 ** 32, 2 ** 32 + uart.base, 2 ** 53, 2 ** 56 - 8, 2 ** 63, 2 ** 64 - 4096, 2 ** 64],
]
const queueSizes = [1, 8, 16, 16, 16, 256]
const badQueueSizes = [0, 3, 255, 257, 512, 0x8000, 0x1_0000, 0x8000_0000, 0xffff_ffff]
/**
 * Where the driver keeps rings and buffers: at the ends of RAM, and where offsets pass 31 bits. Few, so that little
 * memory is touched.
 */
const windowBytes = 2 ** 20
const windows = [ramBase, ramBase + 2 ** 31 - windowBytes, ramBase + 2 ** 31, ramBase + ramBytes - windowBytes]
const accessWidths = [1, 2, 4] as const
const twoTo32 = 2 ** 32

export type Figures = {
	accesses: number
	/** By device; those at no device are left out. */
	byDevice: Record<string, number>
	notifications: number
	/** Offers after which the device had used a buffer. */
	served: number
	longestMs: number
}

type Areas<Address> = Record<'descriptorTable' | 'availableRing' | 'usedRing', Address>

export class HostileDriver {
	readonly figures: Figures = {accesses: 0, byDevice: {}, notifications: 0, served: 0, longestMs: 0}
	/** What was done last, for reports. */
	last = ''
	readonly #board: Board
	readonly #ram: GuestRam
	readonly #random: Random
	readonly #attacks: readonly (() => void)[]
	readonly #home: Areas<number>
	/** Of the slots that have devices, the one that is attacked now, and its queue. */
	#slot = 0
	#queue = 0
	/** Where the rings were put last. */
	readonly #areas: Areas<bigint>

	/** @param options.epoch drivers of one epoch keep their rings in the same place, so that they collide. */
	constructor({board, memory, virtioMmioVersion}: HostileMachine, {seed, epoch}: {seed: number; epoch: number}) {
		const home = windows[Math.floor(epoch / 2) % windows.length]!
		this.#home = {descriptorTable: home, availableRing: home + 0x1000, usedRing: home + 0x2000}
		this.#areas = {
			descriptorTable: BigInt(home),
			availableRing: BigInt(home + 0x1000),
			usedRing: BigInt(home + 0x2000),
		}
		this.#board = board
		this.#ram = new GuestRam(memory)
		this.#random = new Random(seed)
		this.#attacks = [
			() => this.#anyRegister(),
			() => this.#anyRegister(),
			() => this.#nowhere(),
			() => (virtioMmioVersion === 1 ? this.#setUpLegacyQueue() : this.#setUpQueue()),
			() => this.#offerChains(),
			() => this.#offerChains(),
			() => this.#offerRequests(),
			() => this.#interrupts(),
			() => this.#flood(),
			() => this.#serialLine(),
			() => this.#clock(),
			() => this.#timers(),
			() => this.#atomics(),
			() => this.#callConsole(),
			() => this.#finish(),
		]
	}

	/** One attack, of at most some thousand accesses. */
	attack(): void {
		const began = performance.now()
		this.#random.pick(this.#attacks)()
		this.figures.longestMs = Math.max(this.figures.longestMs, performance.now() - began)
	}

	#read(gpa: number, bytes: number): number {
		this.#count(gpa)
		this.last = `read ${bytes} bytes at ${gpa.toString(16)}`
		const value = this.#board.bus.read(gpa, bytes)
		if (!(Number.isInteger(value) && value >= -1 && value < 2 ** (8 * Math.max(bytes, 4)))) {
			throw new Error(`Expected −1 or an unsigned word, got ${value}`)
		}
		return value
	}

	#write(gpa: number, bytes: number, value: number): void {
		this.#count(gpa)
		this.last = `write ${bytes} bytes at ${gpa.toString(16)}: ${value.toString(16)}`
		const done = this.#board.bus.write(gpa, bytes, value)
		if (done !== 0 && done !== 1) throw new Error(`Expected 0 or 1, got ${done}`)
	}

	#count(gpa: number): void {
		this.figures.accesses++
		const name = deviceNames[devices.findIndex(({base, size}) => gpa >= base && gpa < base + size)]
		if (name !== undefined) this.figures.byDevice[name] = (this.figures.byDevice[name] ?? 0) + 1
	}

	#value(): number {
		const random = this.#random
		switch (random.below(4)) {
			case 0:
				return random.word()
			case 1:
				return 2 ** random.below(32)
			default:
				return random.pick(boundaryValues)
		}
	}

	/** Any width, or eight bytes as two accesses, as the hart core makes them. */
	#anyRegister(): void {
		const random = this.#random
		const {base, size} = random.pick(devices)
		const offset = random.below(3) === 0 ? random.below(size + 16) - 8 : random.pick(interestingOffsets)
		const gpa = base + offset + (random.below(4) === 0 ? random.below(4) : 0)
		const isPair = random.below(4) === 0
		const bytes = isPair ? 4 : random.pick(accessWidths)
		for (const at of isPair ? [gpa, gpa + 4] : [gpa]) {
			if (random.below(2)) this.#read(at, bytes)
			else this.#write(at, bytes, bytes === 4 ? this.#value() : this.#value() % 2 ** (8 * bytes))
		}
	}

	#nowhere(): void {
		const gpa = this.#random.pick(absurdAddresses)
		const bytes = this.#random.pick(accessWidths)
		if (this.#read(gpa, bytes) !== -1) throw new Error('Expected that nothing answers')
		this.#write(gpa, bytes, 0)
	}

	#ramGpa(align: number): number {
		const gpa = this.#random.pick(windows) + this.#random.below(windowBytes / 4096) * 4096
		return gpa + this.#random.below(4096 / align) * align
	}

	/** Mostly in RAM; else below it, after it, across its end, around 2^32 and 2^64, or anything. */
	#address(align: number): bigint {
		const random = this.#random
		const end = ramBase + ramBytes
		switch (random.below(12)) {
			case 0:
				return random.bits(64)
			case 1:
				return BigInt(random.pick([0, 0x1000, ramBase - align, end - align, end, end - 1, 2 ** 32, uart.base]))
			case 2:
				return 2n ** 64n - BigInt(random.pick([1, 2, 8, 16, 4096]))
			case 3:
				return BigInt(ramBase) + (random.bits(32) << 32n)
			default:
				return BigInt(this.#ramGpa(random.below(8) === 0 ? 1 : align))
		}
	}

	#register(register: VirtioRegister, value: number): void {
		// The others must survive it, too.
		const slot = this.#random.below(128) === 0 ? this.#random.pick(slots) : slots[this.#slot]!
		this.#write(slot.base + VirtioRegister[register], 4, value)
	}

	/** Mostly where all expect it; now and then where another area is, elsewhere in RAM, or anywhere. */
	#place(register: keyof Areas<number>, align: number): bigint {
		const random = this.#random
		switch (random.below(32)) {
			case 0:
				return this.#areas[random.pick(['descriptorTable', 'availableRing', 'usedRing'] as const)]
			case 1:
				return BigInt(this.#ramGpa(align))
			case 2:
			case 3:
				return this.#address(align)
			default:
				return BigInt(this.#home[register])
		}
	}

	/** As a proper driver does it, with a mistake here and there. */
	#setUpQueue(): void {
		const random = this.#random
		const sloppy = random.below(4) === 0
		this.#slot = random.below(usedSlots)
		this.#queue = random.below(queueCounts[this.#slot] ?? 1)
		if (random.below(16)) this.#register('status', 0)
		this.#register('status', 3)
		this.#register('driverFeaturesSelect', 0)
		this.#register('driverFeatures', this.#features())
		this.#register('driverFeaturesSelect', sloppy ? this.#value() : 1)
		this.#register('driverFeatures', sloppy ? this.#value() : 1)
		this.#register('status', 11)
		this.#register('queueSelect', sloppy ? this.#value() : this.#queue)
		this.#register('queueSize', random.pick(random.below(4) ? queueSizes : badQueueSizes))
		for (const [register, align] of [
			['descriptorTable', 16],
			['availableRing', 2],
			['usedRing', 4],
		] as const) {
			const address = this.#place(register, align)
			this.#areas[register] = address
			this.#register(register, Number(address & 0xffff_ffffn))
			this.#write(slots[this.#slot]!.base + VirtioRegister[register] + 4, 4, Number(address >> 32n))
		}
		this.#poke(this.#areas.availableRing + 2n, 2, 0)
		this.#register('queueReady', 1)
		this.#register('status', sloppy ? this.#value() : 15)
		this.#offerChains()
	}

	/** The same for version 1. The descriptors tell where the other rings are. */
	#setUpLegacyQueue(): void {
		const random = this.#random
		const sloppy = random.below(4) === 0
		this.#slot = random.below(usedSlots)
		this.#queue = random.below(queueCounts[this.#slot] ?? 1)
		const [page, align, size] = [4096, sloppy ? this.#value() : 4096, random.pick(sloppy ? badQueueSizes : queueSizes)]
		this.#register('guestPageSize', sloppy ? this.#value() : page)
		if (random.below(16)) this.#register('status', 0)
		this.#register('status', 3)
		this.#register('driverFeatures', sloppy ? this.#value() : this.#features())
		this.#register('queueSelect', sloppy ? this.#value() : this.#queue)
		this.#register('queueSize', size)
		this.#register('queueAlign', align)
		const descriptors = this.#place('descriptorTable', page) & ~0xfffn
		this.#areas.descriptorTable = descriptors
		this.#areas.availableRing = descriptors + 16n * BigInt(size)
		this.#areas.usedRing = (descriptors + 18n * BigInt(size) + 6n + 4095n) & ~4095n
		this.#poke(this.#areas.availableRing + 2n, 2, 0)
		this.#register('queuePageFrame', sloppy ? this.#value() : Number((descriptors >> 12n) & 0xffff_ffffn))
		this.#register('status', sloppy ? this.#value() : 7)
		this.#offerChains()
	}

	/** AMO and SC on any register. */
	#atomics(): void {
		const random = this.#random
		const {base, size} = random.pick(devices)
		const offset = random.below(3) === 0 ? random.below(size) : random.pick(interestingOffsets)
		const [bytes, operation] = [random.pick([4, 8] as const), AtomicOperation.swap + random.below(9)]
		const gpa = base + offset - (offset % bytes)
		const value = {low: this.#value(), high: this.#value()}
		this.#count(gpa)
		this.last = `atomic ${operation} of ${bytes} bytes at ${gpa.toString(16)}`
		const old = this.#board.bus.amo(gpa, bytes, {operation, ...value})
		if (!(Number.isInteger(old) && old >= -1 && old < twoTo32)) throw new Error(`Expected −1 or a word, got ${old}`)
		const expected = random.below(2) ? {low: this.#value(), high: 0} : undefined
		this.#board.bus.storeConditional(gpa, bytes, {expected, value})
	}

	/** Stores to guest RAM, if the address is in it. Plain: a tear, or another thread's store, is one more attack. */
	#poke(gpa: bigint, bytes: 2 | 4, value: number): void {
		if (gpa >= 2n ** 40n || !this.#ram.contains(Number(gpa), bytes)) return
		const at = this.#ram.ramOffset(Number(gpa), bytes)
		for (let byte = 0; byte < bytes; byte++) this.#ram.memory.u8[at + byte] = value >>> (8 * byte)
	}

	#offerChains(): void {
		const random = this.#random
		const {descriptorTable, availableRing} = this.#areas
		// Two of three are valid; in the others about one field in eight is not.
		const isWrong = () => isHostile && random.below(8) === 0
		const isHostile = random.below(3) === 0
		const count = 16
		for (let index = 0; index < count; index++) {
			const at = descriptorTable + 16n * BigInt(index)
			const address = isWrong() ? this.#address(1) : BigInt(this.#ramGpa(1))
			const flags = random.pick(index + 1 < count ? [0, 1, 2, 3] : [0, 2])
			this.#poke(at, 4, Number(address & 0xffff_ffffn))
			this.#poke(at + 4n, 4, Number(address >> 32n))
			this.#poke(at + 8n, 4, isWrong() ? this.#value() : random.below(256))
			this.#poke(at + 12n, 2, isWrong() ? random.word() : flags)
			this.#poke(at + 14n, 2, isWrong() ? random.pick([index, 0, random.word()]) : index + 1)
			this.#poke(availableRing + 4n + 2n * BigInt(index), 2, isWrong() ? random.word() : random.below(count))
		}
		if (random.below(8) === 0) this.#poke(availableRing, 2, random.word())
		for (let round = 0; round < 1 + random.below(4); round++) {
			this.#poke(availableRing + 2n, 2, this.#nextIndex(availableRing))
			this.figures.notifications++
			this.#register('queueNotify', random.below(8) ? this.#queue : this.#value())
		}
		if (this.#read(slots[this.#slot]!.base + VirtioRegister.interruptStatus, 4) & 1) this.figures.served++
		if (random.below(2)) this.#register('interruptAcknowledge', 3)
	}

	/** For the disks, the folder, the network or the balloon, or whatever was set up. */
	#offerRequests(): void {
		const random = this.#random
		const {descriptorTable: table, availableRing} = this.#areas
		const scratch = BigInt(this.#home.usedRing + 0x1000)
		const data = () => (random.below(16) ? BigInt(this.#ramGpa(1)) : this.#address(1))
		const poke = (gpa: bigint, bytes: 2 | 4, value: number) => this.#poke(gpa, bytes, value)
		const places = {table, scratch, data, queue: this.#queue}
		const pokeRequests =
			{[shareSlot]: pokeShareRequests, [netSlot]: pokeFrames, [balloonSlot]: pokePages}[this.#slot] ?? pokeBlockRequests
		const heads = pokeRequests(random, poke, places)
		const isInOrder = random.below(2) === 0
		for (let index = 0; index < 16; index++) {
			const head = isInOrder ? heads[index % heads.length]! : random.pick(heads)
			this.#poke(availableRing + 4n + 2n * BigInt(index), 2, head)
		}
		this.#poke(availableRing + 2n, 2, this.#nextIndex(availableRing))
		this.figures.notifications++
		this.#register('queueNotify', this.#queue)
		// While they are under way.
		if (random.below(8) === 0) this.#register('status', 0)
	}

	/** Of the rings, some or all; and mostly that free pages are reported. */
	#features(): number {
		const random = this.#random
		const ownFeatures = this.#slot === balloonSlot && random.below(4) ? 1 << 5 : 0
		return random.pick([0, 1 << 28, 1 << 29, 3 << 28]) | ownFeatures
	}

	/** The next available index: a little more than before, or anything. Plain: it may well be torn or stale. */
	#nextIndex(availableRing: bigint): number {
		const random = this.#random
		const gpa = Number(availableRing) + 2
		if (random.below(16) === 0 || !this.#ram.contains(gpa, 2)) return random.word()
		const at = this.#ram.ramOffset(gpa, 2)
		return (this.#ram.memory.u8[at]! | (this.#ram.memory.u8[at + 1]! << 8)) + 1 + random.below(2)
	}

	#interrupts(): void {
		const random = this.#random
		const context = random.below(8) ? random.below(8) : random.below(0x400)
		const source = random.below(8) ? random.below(12) : this.#value() % 1024
		const {base} = plic
		this.#write(base + source * 4, 4, this.#value())
		this.#write(base + 0x2000 + context * 0x80 + random.below(32) * 4, 4, this.#value())
		if (context < 0x400) {
			const registers = base + 0x20_0000 + context * 0x1000
			this.#write(registers, 4, random.below(2) ? 0 : this.#value())
			const claimed = this.#read(registers + 4, 4)
			this.#write(registers + 4, 4, random.below(4) ? claimed : this.#value())
		}
	}

	#flood(): void {
		for (let count = this.#random.below(3000); count > 0; count--) this.#write(uart.base, 1, count & 0xff)
		this.#read(uart.base + 5, 1)
	}

	#serialLine(): void {
		const random = this.#random
		for (let count = 0; count < 8; count++) {
			this.#write(uart.base + random.below(8), 1, random.below(256))
			this.#read(uart.base + random.below(8), 1)
		}
	}

	#clock(): void {
		const random = this.#random
		const {base} = rtc
		const now = this.#read(base, 4) + this.#read(base + 4, 4) * twoTo32
		const alarm = random.below(2)
			? BigInt(now) + random.bits(28)
			: random.pick([0n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n])
		this.#write(base + 0x0c, 4, Number(BigInt.asUintN(32, alarm >> 32n)))
		this.#write(base + 0x08, 4, Number(BigInt.asUintN(32, alarm)))
		this.#write(base + 0x10, 4, random.below(2))
		if (random.below(4) === 0) this.#write(base + random.below(2) * 4, 4, this.#value())
		this.#write(base + random.below(16) * 4, 4, this.#value())
		this.#read(base + 0x18, 4)
	}

	#timers(): void {
		const random = this.#random
		const hart = random.below(4) ? random.below(4) : random.below(0x1000)
		this.#write(aclint.base + hart * 4, 4, this.#value())
		const comparator = aclint.base + 0x4000 + (hart % 0xfff) * 8
		this.#write(comparator, 4, this.#value())
		this.#write(comparator + 4, 4, this.#value())
		this.#write(aclint.base + 0xbff8 + random.below(2) * 4, 4, this.#value())
		this.#read(aclint.base + random.below(0x4000) * 4, 4)
	}

	/** As SBI's console calls do: bytes of guest RAM go out, typed ones come in. */
	#callConsole(): void {
		this.last = 'the console past the registers'
		const length = this.#random.below(this.#random.below(8) ? 256 : windowBytes)
		const gpa = this.#random.pick(windows)
		if (this.#random.below(2)) this.#board.uart.putConsole(this.#ram.bytes(gpa, length))
		else this.#ram.write(gpa, this.#board.uart.getConsole(length))
		if (this.#random.below(16) === 0) this.#board.uart.waitForRoom(1)
	}

	#finish(): void {
		const command = this.#random.pick([Finisher.fail, Finisher.pass, Finisher.reset, this.#value() & 0xffff])
		this.#write(testFinisher.base, this.#random.pick([2, 4]), command + (this.#value() & 0xffff) * 0x1_0000)
	}
}
