/** An engine and the reference side by side: from the same state and code they must reach the same state. */
import {ExitReason} from '../../src/interpreter/index.ts'
import {decode} from '../../src/isa/index.ts'
import {type Engine, interpreter} from '../execution/engine.ts'
import type {Random} from '../hart/core/float-operands.ts'
import type {HartCoreOptions} from '../hart/core/hart-core.ts'
import {kernelPage, PageTables, userPage} from '../hart/core/page-tables.ts'
import {encode} from './encode.ts'
import {code, dataRam, handler, pages, pteFlags} from './guest-map.ts'
import {InterpretedHart} from './interpreted-hart.ts'
import {longestRun, ReferenceHart} from './reference-hart.ts'

export const wfi = encode('wfi', {})
const supervisor = 1
const reasonOf = {wfi: ExitReason.waitForInterrupt, 'supervisor call': ExitReason.supervisorCall} as const
const shownCsrs = [
	[0x140, 'sscratch'],
	[0x141, 'sepc'],
	[0x142, 'scause'],
	[0x143, 'stval'],
] as const
const hex = (value: bigint | number) => `0x${value.toString(16)}`

export class Pair {
	readonly engine: Engine
	readonly hart: InterpretedHart
	readonly reference: ReferenceHart
	/** Runs compared so far. */
	runs = 0
	/** Instructions per slice. */
	slice = 1000
	readonly #tables: PageTables
	/** mstatus without FS. SPP: sret returns to S. */
	#status = 0x100n

	/** @param observe see HartCoreOptions. */
	constructor(engine: Engine = interpreter, observe?: HartCoreOptions['observe']) {
		this.engine = engine
		this.hart = new InterpretedHart(engine, observe)
		this.reference = new ReferenceHart(this.hart.memory)
		this.#tables = new PageTables(this.hart)
		this.#tables.map(code.gva, code.gpa, kernelPage, {level: 1})
		for (const {gva, gpa, kind} of pages) this.#tables.map(gva, gpa, pteFlags[kind])
		this.hart.writeParcel(handler, wfi & 0xffff)
		this.hart.writeParcel(handler + 2, wfi >>> 16)
		this.hart.set('mtvec', handler)
		this.hart.set('mcounteren', 7)
	}

	/** Fills all registers and the data pages. */
	randomize(random: Random): void {
		const {hart, reference} = this
		for (let index = 1; index < 32; index++) this.setX(index, random.bits(64))
		for (let index = 0; index < 32; index++) this.setF(index, random.bits(64))
		for (let place = 0; place < dataRam.bytes; place++) reference.data[place] = random.word()
		this.#liveData().set(reference.data)
		for (const [number, name] of shownCsrs) {
			reference.csrs.set(number, hart.get(name))
		}
	}

	setX(index: number, value: bigint): void {
		if (index !== 0) this.hart.x[index] = this.reference.x[index] = value
	}

	setF(index: number, value: bigint): void {
		this.hart.f[index] = this.reference.f[index] = value
	}

	setCsr(name: 'sepc', value: bigint): void {
		this.hart.set(name, value)
		this.reference.csrs.set(0x141, value)
	}

	/** Changes a byte between two runs, as another hart would. @param place bytes from the start of the data pages. */
	flipByte(place: number): void {
		this.reference.data[place]! ^= 0xff
		this.#liveData()[place]! ^= 0xff
	}

	/** Eight bytes of the data pages. @param place bytes from their start. */
	poke(place: number, value: bigint): void {
		this.hart.poke(dataRam.gpa + place, value)
		new DataView(this.reference.data.buffer).setBigUint64(place, value, true)
	}

	/** Cache-block operations in S-mode: CBZE, CBCFE, CBIE. */
	enableBlocks(enabled: 'yes' | 'no'): void {
		const value = enabled === 'yes' ? 0xf0n : 0n
		this.hart.set('menvcfg', value)
		this.reference.csrs.set(0x30a, value)
	}

	setFloat(state: {fs: 0 | 1 | 2 | 3; frm: number; fflags: number}): void {
		Object.assign(this.reference, state)
		this.hart.set('frm', state.frm)
		this.hart.set('fflags', state.fflags)
	}

	setBuiltInSbi(enabled: 'yes' | 'no'): void {
		this.hart.set('builtInSbi', Number(enabled === 'yes'))
		this.reference.builtInSbi = enabled === 'yes'
	}

	/** @param bit of mstatus, by its number. */
	forbid(name: 'wfi' | 'sfence.vma' | 'sret', bit: bigint): void {
		this.reference.forbidden = name
		this.#status |= 1n << bit
	}

	/** Maps a page of code, in place of any other at gva. */
	mapCode(gva: bigint, gpa: number): void {
		this.#tables.map(gva, gpa, kernelPage)
		this.reference.codePages.set(gva, gpa)
		this.hart.swapTables()
	}

	/** Unmaps a page of code. */
	unmapCode(gva: bigint): void {
		this.#tables.map(gva, 0, 0n)
		this.reference.codePages.delete(gva)
		this.hart.swapTables()
	}

	/** Maps a page for U, which the reference does not know. */
	mapUserPage(gva: bigint, gpa: number): void {
		this.#tables.map(gva, gpa, userPage)
	}

	/** Writes those parcels of an instruction that lie in the pages of code. */
	put(gva: bigint, word: number): void {
		this.#putParcel(gva, word & 0xffff)
		if ((word & 3) === 3) this.#putParcel(gva + 2n, word >>> 16)
	}

	#putParcel(gva: bigint, parcel: number): void {
		const offset = Number(gva - code.gva)
		if (offset >= 0 && offset < code.bytes) this.hart.writeParcel(code.gpa + offset, parcel)
	}

	/**
	 * Runs both from gva in S-mode until a wfi.
	 * @param longest instructions that the reference may take.
	 * @returns what differs, in words; '' when nothing does.
	 */
	run(gva: bigint, longest = longestRun): string {
		const {hart, reference} = this
		this.runs++
		hart.core.fenceI()
		hart.set('satp', this.#tables.satp)
		hart.set('privilege', supervisor)
		hart.set('mstatus', this.#status | (BigInt(reference.fs) << 13n))
		hart.core.updateRegimes()
		hart.set('pc', gva)
		reference.retired = hart.get('instret')
		reference.privilege = 'S'
		reference.pc = gva
		reference.dirtied = 'no'
		reference.trap = undefined
		const expected = reasonOf[reference.run(longest)]
		let got = hart.run(this.slice)
		for (let slices = 0; got === ExitReason.slice && slices < longestRun; slices++) {
			hart.takeSpin()
			got = hart.run(this.slice)
		}
		const differences = [
			...(got === expected ? [] : [`exit reason ${got}, expected ${expected}`]),
			...this.#differences(),
			...this.#codeDifferences(),
		]
		return differences.join('; ')
	}

	#differences(): string[] {
		const {hart, reference} = this
		const wrong: string[] = []
		const same = (name: string, got: bigint, expected: bigint): void => {
			if (got !== expected) wrong.push(`${name} ${hex(got)}, expected ${hex(expected)}`)
		}
		for (let index = 0; index < 32; index++) {
			same(`x${index}`, hart.x[index]!, reference.x[index]!)
			same(`f${index}`, hart.f[index]!, reference.f[index]!)
		}
		same('pc', hart.get('pc'), reference.pc)
		same('privilege', hart.get('privilege'), reference.privilege === 'M' ? 3n : 1n)
		same('fflags', hart.get('fflags'), BigInt(reference.fflags))
		same('frm', hart.get('frm'), BigInt(reference.frm))
		same('instret', hart.get('instret'), reference.retired)
		for (const [number, name] of shownCsrs) same(name, hart.get(name), reference.csrs.get(number) ?? 0n)
		if (reference.trap) {
			same('mepc', hart.get('mepc'), reference.trap.pc)
			same('mcause', hart.get('mcause'), BigInt(reference.trap.cause))
			same('mtval', hart.get('mtval'), reference.trap.tval)
		}
		const fs = (hart.get('mstatus') >> 13n) & 3n
		const becameDirty = fs === 3n && reference.dirtied !== 'no'
		if (!becameDirty) same('FS', fs, reference.dirtied === 'yes' ? 3n : BigInt(reference.fs))
		if (Buffer.compare(this.#liveData(), reference.data)) wrong.push(this.#memoryDifference())
		return wrong
	}

	/** Bytes of code that differ from the reference's stores. Plain: nothing runs meanwhile. */
	#codeDifferences(): string[] {
		const {hart, reference} = this
		return [...reference.storedCode]
			.filter(([gpa, byte]) => hart.memory.u8[hart.ramOffset(gpa)] !== byte)
			.map(([gpa, byte]) => `byte at ${hex(gpa)} ${hex(hart.memory.u8[hart.ramOffset(gpa)]!)}, expected ${hex(byte)}`)
	}

	#memoryDifference(): string {
		const live = this.#liveData()
		const place = this.reference.data.findIndex((byte, index) => byte !== live[index])
		const eight = (bytes: Uint8Array) => Buffer.from(bytes.slice(place, place + 8)).toString('hex')
		return `bytes at ${hex(dataRam.gpa + place)} ${eight(live)}, expected ${eight(this.reference.data)}`
	}

	// Plain: nothing runs meanwhile.
	#liveData(): Uint8Array {
		const at = this.hart.ramOffset(dataRam.gpa)
		return this.hart.memory.u8.subarray(at, at + dataRam.bytes)
	}
}

/** The instruction, for messages. */
export function describe(word: number): string {
	const decoded = decode(word)
	if (!decoded) return `illegal ${hex(word)}`
	return `${decoded.name} ${hex(word)} ${JSON.stringify(decoded.operands)}`
}
