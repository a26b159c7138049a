/** Tiny guests with harts that can execute nothing: S-mode, with the built-in SBI. */
import {
	a0,
	a1,
	a2,
	a3,
	a6,
	a7,
	addi,
	auipc,
	binary,
	branchNotEqual,
	ecall,
	type Instruction,
	jump,
	load,
	wfi,
} from './little-guest.ts'

const [zero, t0, t1] = [0, 5, 6] as const
const [getchar, hsm, rfence, srst, timer] = [2, 0x48534d, 0x52464e43, 0x53525354, 0x54494d45]

const illegal: Instruction = 0
const fenceI: Instruction = 0x0000_100f
/** stvec = t0. */
const setTrapVector: Instruction = 0x1052_9073
/** sie = t0. */
const setEnabled: Instruction = 0x1042_9073
/** t0 = time. */
const readTime: Instruction = 0xc010_22f3 | 0
const storeWord = (value: number, address: number): Instruction => (value << 20) | (address << 15) | (2 << 12) | 0x23
const add = (rd: number, rs1: number, rs2: number): Instruction => (rs2 << 20) | (rs1 << 15) | (rd << 7) | 0x33

const call = (extension: number, number: number): Instruction[] => [
	...load(a7, extension),
	addi(a6, zero, number),
	ecall,
]
const waitForever: Instruction[] = [wfi, jump(-4)]
const powerOff: Instruction[] = [addi(a0, zero, 0), addi(a1, zero, 0), ...call(srst, 0)]
const waitForKey: Instruction[] = [
	addi(a7, zero, getchar),
	ecall,
	addi(t0, zero, -1),
	branchNotEqual(a0, t0, 8),
	jump(-16),
]

/** Code that may ask where it and other code lie, in bytes. The number of its instructions does not depend on that. */
type Code = (at: number, place: (name: string) => number) => Instruction[]

function assemble(parts: Readonly<Record<string, Code>>): Uint8Array {
	const places = new Map<string, number>()
	let end = 0
	for (const [name, code] of Object.entries(parts)) {
		places.set(name, end)
		end += 4 * code(0, () => 0).length
	}
	return binary(Object.entries(parts).flatMap(([name, code]) => code(places.get(name)!, (other) => places.get(other)!)))
}

const startHart = (hart: number): Code => {
	return (at, place) => [
		auipc(a1, 0),
		addi(a1, a1, place(`hart ${hart}`) - at),
		addi(a0, zero, hart),
		addi(a2, zero, 0),
		...call(hsm, 0),
	]
}

/** What harts do. */
export const isStuck: Code = () => [addi(t0, zero, 0), setTrapVector, illegal]
export const waits: Code = () => waitForever
export const spins: Code = () => [jump(0)]
export const fencesAll: Code = () => [
	addi(a0, zero, 0),
	addi(a1, zero, -1),
	addi(a2, zero, 0),
	addi(a3, zero, -1),
	...call(rfence, 1),
	jump(-8 * 4),
]
/** Waits for a timer, a second from now, and powers off. */
export const waitsForTimer: Code = () => [
	addi(t0, zero, 0x20),
	setEnabled,
	readTime,
	...load(a0, 10_000_000),
	add(a0, a0, t0),
	...call(timer, 0),
	wfi,
	...powerOff,
]
/** Waits for a key as an interrupt, and powers off. Hart 1. */
export const waitsForUart: Code = () => [
	addi(t0, zero, 0x200),
	setEnabled,
	// PLIC: priority of source 10, and its bit for context 3, hart 1 in S-mode. UART: IER.
	addi(t1, zero, 1),
	...load(t0, 0x0c00_0028),
	storeWord(t1, t0),
	...load(t1, 1 << 10),
	...load(t0, 0x0c00_2180),
	storeWord(t1, t0),
	addi(t1, zero, 1),
	...load(t0, 0x1000_0001),
	storeByte(t1, t0),
	wfi,
	...powerOff,
]

function storeByte(value: number, address: number): Instruction {
	return (value << 20) | (address << 15) | 0x23
}

/** Hart 0 starts the others; each hart has its part. */
export function harts(...parts: Code[]): Uint8Array {
	const starts = parts.slice(1).map((_, index) => [`start ${index + 1}`, startHart(index + 1)] as const)
	return assemble(Object.fromEntries([...starts, ...parts.map((code, hart) => [`hart ${hart}`, code] as const)]))
}

/** Hart 1 is stuck until a key is pressed: then hart 0 replaces the instruction at which it traps, and it powers off. */
export const rescue = assemble({
	start: startHart(1),
	'hart 0': (at, place) => [
		...waitForKey,
		auipc(t0, 0),
		addi(t0, t0, place('handler') - at - 4 * waitForKey.length),
		...load(t1, fenceI),
		storeWord(t1, t0),
		...waitForever,
	],
	handler: () => [illegal, ...powerOff],
	'hart 1': (at, place) => [auipc(t0, 0), addi(t0, t0, place('handler') - at), setTrapVector, illegal],
})
