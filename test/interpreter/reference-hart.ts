/** The reference: a hart that the evaluator drives, with the simplest translation, traps and reservations. */

import {type AccessBytes, type Decoded, decode, parsePattern, type SystemName} from '../../src/isa/index.ts'
import {type EvaluatedHart, execute} from '../../src/isa/oracle/evaluate.ts'
import {oracle} from '../../src/isa/oracle/evaluate-float.ts'
import {ramBase, type SharedMemory} from '../../src/memory/index.ts'
import {code, dataRam, handler, pageBytes, pages} from './guest-map.ts'

export const Cause = {
	fetchAccess: 1,
	illegal: 2,
	breakpoint: 3,
	loadMisaligned: 4,
	loadAccess: 5,
	storeMisaligned: 6,
	storeAccess: 7,
	supervisorCall: 9,
	fetchPage: 12,
	loadPage: 13,
	storePage: 15,
} as const

type Access = 'fetch' | 'load' | 'store'
const pageFault = {fetch: Cause.fetchPage, load: Cause.loadPage, store: Cause.storePage} as const
const accessFault = {fetch: Cause.fetchAccess, load: Cause.loadAccess, store: Cause.storeAccess} as const
const misaligned = {fetch: Cause.fetchAccess, load: Cause.loadMisaligned, store: Cause.storeMisaligned} as const

/** An exception on its way to M-mode. */
class Exception extends Error {
	readonly number: number
	readonly tval: bigint
	constructor(number: number, tval: bigint) {
		super(`exception ${number}`)
		this.number = number
		this.tval = tval
	}
}

/** No test's program runs more instructions. */
export const longestRun = 100_000

/** Why the run ends. */
export type Stop = 'wfi' | 'supervisor call'

export class ReferenceHart implements EvaluatedHart {
	readonly x = new BigUint64Array(32)
	readonly f = new BigUint64Array(32)
	/** Its own copy of dataRam. */
	readonly data = new Uint8Array(dataRam.bytes)
	readonly csrs = new Map<number, bigint>()
	pc = 0n
	privilege: 'S' | 'M' = 'S'
	fflags = 0
	frm = 0
	/** mstatus.FS is Off, Initial, Clean or Dirty. */
	fs: 0 | 1 | 2 | 3 = 0
	/** Whether FS had to become Dirty, or may have. */
	dirtied: 'no' | 'perhaps' | 'yes' = 'no'
	/** ecall from S ends the run; otherwise it traps. */
	builtInSbi = false
	/** The instruction that mstatus.TW, TVM or TSR forbids to S. */
	forbidden: 'wfi' | 'sfence.vma' | 'sret' | undefined
	retired = 0n
	trap: {pc: bigint; cause: number; tval: bigint} | undefined
	reservation: {place: number; bytes: number; value: bigint} | undefined
	stopped: Stop | undefined
	readonly #memory: SharedMemory
	#decoded: Decoded | undefined
	#bits = 0

	/** Pages of code besides the megapage: gpa by gva. */
	readonly codePages = new Map<bigint, number>()
	/** Bytes that this run has stored to code, by gpa: the memory itself is the other hart's. */
	readonly storedCode = new Map<number, number>()

	/** @param memory for code: tests write it before either hart runs. */
	constructor(memory: SharedMemory) {
		this.#memory = memory
	}

	/** Runs to a wfi or an ecall to the SBI, at most `longest` instructions. */
	run(longest = longestRun): Stop {
		this.stopped = undefined
		this.storedCode.clear()
		for (let steps = 0; !this.stopped; steps++) {
			if (steps === longest) throw new Error(`Expected a program that ends within ${longest} instructions`)
			this.#step()
		}
		return this.stopped
	}

	#step(): void {
		try {
			const decoded = this.#fetch()
			const flags = this.fflags
			execute(this, decoded)
			this.retired++
			this.#noteFloat(decoded, flags)
		} catch (exception) {
			if (!(exception instanceof Exception)) throw exception
			this.trap = {pc: this.pc, cause: exception.number, tval: exception.tval}
			this.privilege = 'M'
			this.pc = BigInt(handler)
			this.reservation = undefined
		}
	}

	#fetch(): Decoded {
		this.#bits = this.#parcel(this.pc)
		if ((this.#bits & 3) === 3) this.#bits |= this.#parcel(BigInt.asUintN(64, this.pc + 2n)) << 16
		const decoded = decode(this.#bits)
		if (!decoded) return this.#illegal()
		const {instruction, operands} = decoded
		if (instruction.floatingPoint && this.fs === 0) return this.#illegal()
		// "Implementations must treat the rm field as usual", even where the mode plays no part.
		if (parsePattern(instruction.pattern).has.has('rm')) this.roundingMode(operands.rm)
		this.#decoded = decoded
		return decoded
	}

	// Plain: nothing runs meanwhile.
	#parcel(gva: bigint): number {
		const gpa = this.#translate(gva, 'fetch')
		if (gpa < ramBase) throw new Exception(Cause.fetchAccess, gva)
		return this.#byte(gpa) | (this.#byte(gpa + 1) << 8)
	}

	// Plain: nothing runs meanwhile.
	#byte(gpa: number): number {
		const place = gpa - dataRam.gpa
		if (place >= 0 && place < dataRam.bytes) return this.data[place]!
		return this.storedCode.get(gpa) ?? this.#memory.u8[this.#memory.region('ram').offset + gpa - ramBase]!
	}

	#setByte(gpa: number, byte: number): void {
		const place = gpa - dataRam.gpa
		if (place >= 0 && place < dataRam.bytes) this.data[place] = byte
		else this.storedCode.set(gpa, byte)
	}

	#noteFloat({instruction}: Decoded, flagsBefore: number): void {
		if (!instruction.floatingPoint || /^(fs[wd]|fmv\.x\..)$/.test(instruction.name)) return
		const must = this.fflags !== flagsBefore || instruction.effects.some(({effect}) => effect === 'writeF')
		if (must) this.dirtied = 'yes'
		else if (this.dirtied === 'no') this.dirtied = 'perhaps'
	}

	#illegal(): never {
		throw new Exception(Cause.illegal, BigInt(this.#bits >>> 0))
	}

	/** @returns the gpa. */
	#translate(gva: bigint, access: Access): number {
		if (this.privilege === 'M') return Number(gva)
		if (gva >= code.gva && gva < code.gva + BigInt(code.bytes)) return code.gpa + Number(gva - code.gva)
		const pageGva = gva & -pageBytes & 0xffff_ffff_ffff_ffffn
		const codePage = this.codePages.get(pageGva)
		if (codePage !== undefined) return codePage + Number(gva % pageBytes)
		const page = pages.find((candidate) => candidate.gva === pageGva)
		const denied = access === 'fetch' || (access === 'store' && page?.kind === 'read-only')
		if (!page || denied) throw new Exception(pageFault[access], gva)
		return page.gpa + Number(gva % pageBytes)
	}

	/** @returns each byte's place in `data`, negative in code. Every page is translated before any byte is accessed. */
	#bytes(gva: bigint, bytes: number, access: 'load' | 'store'): number[] {
		const aligned = gva % BigInt(bytes) === 0n
		const first = this.#translate(gva, access)
		const inFirst = Math.min(bytes, Number(pageBytes - (gva % pageBytes)))
		const second = inFirst < bytes ? this.#translate(BigInt.asUintN(64, gva + BigInt(inFirst)), access) : first
		if (first < ramBase || second < ramBase) {
			throw new Exception(aligned ? accessFault[access] : misaligned[access], gva)
		}
		const at = Array.from({length: bytes}, (_, byte) => (byte < inFirst ? first + byte : second + byte - inFirst))
		return at.map((gpa) => gpa - dataRam.gpa)
	}

	load(gva: bigint, bytes: AccessBytes): bigint {
		const isAmo = this.#decoded?.name.startsWith('amo')
		const at = isAmo ? this.#atomic(gva, bytes, 'store') : this.#bytes(gva, bytes, 'load')
		return at.reduceRight((value, place) => (value << 8n) | BigInt(this.#byte(dataRam.gpa + place)), 0n)
	}

	store(gva: bigint, bytes: AccessBytes, value: bigint): void {
		this.#bytes(gva, bytes, 'store').forEach((place, byte) => {
			this.#setByte(dataRam.gpa + place, Number((value >> BigInt(8 * byte)) & 0xffn))
		})
	}

	#atomic(gva: bigint, bytes: number, access: 'load' | 'store'): number[] {
		if (gva % BigInt(bytes) !== 0n) throw new Exception(misaligned[access], gva)
		return this.#bytes(gva, bytes, access)
	}

	loadReserved(gva: bigint, bytes: 4 | 8): bigint {
		const [place = 0] = this.#atomic(gva, bytes, 'load')
		const value = this.#whole(place, bytes)
		this.reservation = {place, bytes, value}
		return value
	}

	storeConditional(gva: bigint, bytes: 4 | 8, value: bigint): boolean {
		const [place = 0] = this.#atomic(gva, bytes, 'store')
		const {reservation} = this
		this.reservation = undefined
		if (reservation?.place !== place || reservation.bytes !== bytes) return false
		if (this.#whole(place, bytes) !== reservation.value) return false
		this.store(gva, bytes, value)
		return true
	}

	#whole(place: number, bytes: 4 | 8): bigint {
		const whole = Array.from({length: bytes}, (_, byte) => this.#byte(dataRam.gpa + place + byte))
		return whole.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
	}

	zeroBlock(gva: bigint): void {
		if (((this.csrs.get(0x30a) ?? 0n) & 0x80n) === 0n) return this.#illegal()
		// The address need not be aligned; the block is.
		const [place = 0] = this.#bytes(gva, 1, 'store')
		const first = dataRam.gpa + (place & ~63)
		for (let gpa = first; gpa < first + 64; gpa++) this.#setByte(gpa, 0)
	}

	manageBlock(gva: bigint, operation: 'inval' | 'clean' | 'flush'): void {
		const fields = this.csrs.get(0x30a) ?? 0n
		if ((fields & (operation === 'inval' ? 0x30n : 0x40n)) === 0n) return this.#illegal()
		try {
			this.#bytes(gva, 1, 'load')
		} catch (fault) {
			// Always a store's exception, whichever permission is missing.
			const {number, tval} = fault as Exception
			throw new Exception(number === Cause.loadPage ? Cause.storePage : Cause.storeAccess, tval)
		}
	}

	csr(access: {number: number; how: 'write' | 'set' | 'clear'; operand: bigint; readOnly: boolean}): bigint {
		const {number, how, operand, readOnly} = access
		const isFloat = number <= 3
		const old = this.#readCsr(number)
		if (old === undefined || (isFloat && this.fs === 0) || (number >= 0xc00 && !readOnly)) return this.#illegal()
		if (readOnly) return old
		this.#writeCsr(number, {write: operand, set: old | operand, clear: old & ~operand}[how])
		if (isFloat) this.dirtied = 'yes'
		return old
	}

	#readCsr(number: number): bigint | undefined {
		switch (number) {
			case 0x001:
				return BigInt(this.fflags)
			case 0x002:
				return BigInt(this.frm)
			case 0x003:
				return BigInt((this.frm << 5) | this.fflags)
			case 0xc00:
			case 0xc02:
				return this.retired
			default:
				return number >= 0x140 && number <= 0x143 ? (this.csrs.get(number) ?? 0n) : undefined
		}
	}

	#writeCsr(number: number, value: bigint): void {
		const low = Number(value & 0xffn)
		if (number === 1 || number === 3) this.fflags = low & 31
		else if (number === 2) this.frm = low & 7
		else this.csrs.set(number, BigInt.asUintN(64, number === 0x141 ? value & ~1n : value))
		if (number === 3) this.frm = low >> 5
	}

	call(name: string, args: readonly bigint[]): bigint {
		const {value, flags} = oracle[name]!(...args)
		this.fflags |= flags
		return value
	}

	roundingMode(rm: number): number {
		const mode = rm === 7 ? this.frm : rm
		return mode <= 4 ? mode : this.#illegal()
	}

	system(name: SystemName): void {
		const forbidden = name === 'sinval.vma' ? 'sfence.vma' : name
		if (this.privilege === 'S' && forbidden === this.forbidden) this.#illegal()
		switch (name) {
			case 'wfi':
				this.stopped = 'wfi'
				return
			case 'ecall':
				if (!this.builtInSbi) throw new Exception(Cause.supervisorCall, 0n)
				this.reservation = undefined
				this.stopped = 'supervisor call'
				return
			case 'ebreak':
				throw new Exception(Cause.breakpoint, BigInt.asUintN(64, this.pc - BigInt(this.#decoded!.length)))
			case 'mret':
				return this.#illegal()
			case 'sret':
				// SPP is set throughout: back to S.
				this.reservation = undefined
				this.pc = this.csrs.get(0x141) ?? 0n
		}
	}
}
