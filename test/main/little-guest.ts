/** Tiny guests in machine code, as raw binaries: they start at 0x80200000 in S-mode, and use the built-in SBI. */

export type Instruction = number

const lowBits = (value: number, bits: number) => value & ((1 << bits) - 1)

export const addi = (rd: number, rs1: number, immediate: number): Instruction =>
	(lowBits(immediate, 12) << 20) | (rs1 << 15) | (rd << 7) | 0x13
export const lui = (rd: number, upper: number): Instruction => (lowBits(upper, 20) << 12) | (rd << 7) | 0x37
export const auipc = (rd: number, upper: number): Instruction => (lowBits(upper, 20) << 12) | (rd << 7) | 0x17
export const ecall: Instruction = 0x73
export const wfi: Instruction = 0x1050_0073
/** @param offset bytes from this instruction, a multiple of 4. */
export const jump = (offset: number): Instruction =>
	(lowBits(offset >> 20, 1) << 31) |
	(lowBits(offset >> 1, 10) << 21) |
	(lowBits(offset >> 11, 1) << 20) |
	(lowBits(offset >> 12, 8) << 12) |
	0x6f
/** @param offset bytes from this instruction, a multiple of 4. */
export const branchNotEqual = (rs1: number, rs2: number, offset: number): Instruction =>
	(lowBits(offset >> 12, 1) << 31) |
	(lowBits(offset >> 5, 6) << 25) |
	(rs2 << 20) |
	(rs1 << 15) |
	(1 << 12) |
	(lowBits(offset >> 1, 4) << 8) |
	(lowBits(offset >> 11, 1) << 7) |
	0x63

export const [a0, a1, a2, a3, a6, a7] = [10, 11, 12, 13, 16, 17] as const
const [zero, t0, s0, s1] = [0, 5, 8, 9] as const

/** rd = the word at rs1. */
export const loadWord = (rd: number, rs1: number): Instruction => (rs1 << 15) | (2 << 12) | (rd << 7) | 0x03
/** rd = the byte at rs1, unsigned. */
export const loadByte = (rd: number, rs1: number): Instruction => (rs1 << 15) | (4 << 12) | (rd << 7) | 0x03

/** rd = value, 32 bits. */
export function load(rd: number, value: number): Instruction[] {
	return [lui(rd, (value + 0x800) >>> 12), addi(rd, rd, value)]
}

export function binary(instructions: readonly Instruction[]): Uint8Array {
	return new Uint8Array(Int32Array.from(instructions).buffer)
}

export const stay = binary([jump(0)])

const [hsm, rfence, dbcn, srst] = [0x48534d, 0x52464e43, 0x4442434e, 0x53525354]

/** Sets x1 … x31 to three times their number, and f1 to x5; then loops on the last instruction. */
export const knownRegisters = binary([
	...Array.from({length: 31}, (_, index) => addi(index + 1, zero, 3 * (index + 1))),
	// fmv.d.x f1, x5
	0xf20280d3 | 0,
	jump(0),
])

/** Prints 4 KiB, and adds the bytes that were accepted to x8. */
const printSome: readonly Instruction[] = [
	...load(a7, dbcn),
	addi(a6, zero, 0),
	...load(a0, 4096),
	auipc(a1, 0),
	addi(a2, zero, 0),
	ecall,
	// add s0, s0, a1
	(a1 << 20) | (s0 << 15) | (s0 << 7) | 0x33,
]

/** Prints 4 KiB repeatedly, and counts the bytes that were accepted in x8, at chatterCounts, right after the call. */
export const chatter = binary([...printSome, jump(-6 * 4)])
/** Prints 4 KiB 64 times, adds the bytes that were accepted in x8, and powers off. */
export const shortChatter = binary([
	...load(s1, 64),
	...printSome,
	addi(s1, s1, -1),
	branchNotEqual(s1, zero, -(printSome.length + 1) * 4),
	...load(a7, srst),
	addi(a6, zero, 0),
	addi(a0, zero, 0),
	addi(a1, zero, 0),
	ecall,
])

/** Prints the text, and powers off. @param text short. */
export function says(text: string): Uint8Array {
	const powerOff = [...load(a7, srst), addi(a6, zero, 0), addi(a0, zero, 0), addi(a1, zero, 0), ecall]
	const rest = [addi(a2, zero, 0), ecall, ...powerOff]
	const textAt = (rest.length + 2) * 4
	const print = [...load(a7, dbcn), addi(a6, zero, 0), ...load(a0, text.length), auipc(a1, 0), addi(a1, a1, textAt)]
	return Buffer.concat([binary([...print, ...rest]), Buffer.from(text, 'latin1')])
}

export const chatterCounts = 0x8020_0000n + 8n * 4n

/**
 * Hart 0 starts harts 1 and 2 and then fences all harts forever; hart 1 spins, hart 2 waits for an interrupt that
 * never arrives, and other harts stay stopped.
 */
export function roles(): Uint8Array {
	const start = (hart: number, entry: (at: number) => number): ((at: number) => Instruction[]) => {
		return (at) => [
			...load(a7, hsm),
			addi(a6, zero, 0),
			addi(a0, zero, hart),
			// auipc gives its own address, `at` + 4 words.
			auipc(a1, 0),
			addi(a1, a1, entry(at + 16)),
			addi(a2, zero, 0),
			ecall,
		]
	}
	const bootWords = 16
	const fenceWords = 9
	const entryAt = (bootWords + fenceWords) * 4
	const boot = [1, 2].flatMap((hart, index) => start(hart, (at) => entryAt - at)(index * 32))
	const fence = [
		...load(a7, rfence),
		addi(a6, zero, 1),
		addi(a0, zero, 0),
		addi(a1, zero, -1),
		addi(a2, zero, 0),
		addi(a3, zero, -1),
		ecall,
		jump(-6 * 4),
	]
	const entry = [addi(t0, zero, 1), branchNotEqual(a0, t0, 8), jump(0), wfi, jump(-4)]
	return binary([...boot, ...fence, ...entry])
}

/** Hart 0 starts hart 1, and both read a device's register forever. */
export function readers(register: number, read: typeof loadWord): Uint8Array {
	return binary([
		...load(a7, hsm),
		addi(a6, zero, 0),
		addi(a0, zero, 1),
		// The code of both harts is four instructions after auipc, which gives its own address.
		auipc(a1, 0),
		addi(a1, a1, 4 * 4),
		addi(a2, zero, 0),
		ecall,
		...load(t0, register),
		read(a0, t0),
		jump(-4),
	])
}
