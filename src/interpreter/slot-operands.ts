/** The interpreter's operands, read from the decoded slot at run time. Plain: slots and registers are this vCPU's. */

import {type Operands, offsets} from '../codegen/index.ts'
import {CodePage, Slot} from '../hart/index.ts'
import type {Instruction, RegisterField, Type} from '../isa/index.ts'
import type {Code, Local} from '../wasm/index.ts'
import {slotFields} from './slot-encoding.ts'

/** Locals that locate the current instruction. */
export type Cursor = Readonly<{
	block: Local
	/** Address of the current slot. */
	ip: Local
	/** Address of the code page's first slot. */
	codeBase: Local
	/** Guest-virtual address of the page. */
	pageGva: Local
}>

/** Pushes the guest-virtual address of the slot at ip, plus `extra` bytes. A slot is 8 bytes and stands for 2. */
export function pushPc(code: Code, cursor: Cursor, extra = 0): void {
	code.get(cursor.ip).get(cursor.codeBase).op('i32.sub').i32(2).op('i32.shr_u', 'i64.extend_i32_u')
	code.get(cursor.pageGva).op('i64.add')
	if (extra) code.i64(BigInt(extra)).op('i64.add')
}

/** Pushes the instruction's bits (i32) from the page's snapshot; a 16-bit instruction's upper half is 0. */
export function pushInstructionBits(code: Code, cursor: Cursor): void {
	const bits = code.local('i32')
	code.get(cursor.codeBase).get(cursor.ip).get(cursor.codeBase).op('i32.sub').i32(2).op('i32.shr_u', 'i32.add')
	code.unalignedMemory('i32.load', CodePage.offset.snapshot).tee(bits)
	code.i32(0xffff).get(bits).op('i32.and').get(bits).i32(3).op('i32.and').i32(3).op('i32.eq')
	// select(bits, bits & 0xffff, (bits & 3) == 3)
	code.op('select')
	code.release(bits)
}

export class SlotOperands implements Operands {
	readonly #code: Code
	readonly #cursor: Cursor
	readonly #fields: ReturnType<typeof slotFields>
	readonly #length: 2 | 4
	readonly #rdIsZero: boolean

	/** @param options.rdIsZero the handler serves rd = x0: results are dropped. */
	constructor(options: {code: Code; cursor: Cursor; instruction: Instruction; length: 2 | 4; rdIsZero: boolean}) {
		this.#code = options.code
		this.#cursor = options.cursor
		this.#fields = slotFields(options.instruction)
		this.#length = options.length
		this.#rdIsZero = options.rdIsZero
	}

	readX(field: RegisterField): void {
		this.#pushRegister(field)
		this.#code.memory('i64.load', offsets.x)
	}

	readXLow(field: RegisterField): void {
		this.#pushRegister(field)
		this.#code.memory('i32.load', offsets.x)
	}

	readF(field: RegisterField): void {
		this.#pushRegister(field)
		this.#code.memory('i64.load', offsets.f)
	}

	writeX(value: () => void): void {
		if (this.#rdIsZero) {
			value()
			this.#code.op('drop')
			return
		}
		this.#pushRegister('rd')
		value()
		this.#code.memory('i64.store', offsets.x)
	}

	writeF(value: () => void): void {
		this.#pushRegister('rd')
		value()
		this.#code.memory('i64.store', offsets.f)
	}

	immediate(type: Type): void {
		const place = this.#fields.imm
		this.#code.get(this.#cursor.ip)
		if (place === 'b') {
			this.#code.memory(type === 'i32' ? 'i32.load8_u' : 'i64.load8_u', Slot.offset.b)
			return
		}
		this.#code.memory(type === 'i32' ? 'i32.load' : 'i64.load32_s', Slot.offset.c)
	}

	csrNumber(): void {
		this.#code.get(this.#cursor.ip).memory('i32.load', Slot.offset.c)
	}

	registerNumber(field: RegisterField): void {
		this.#pushField(field)
	}

	pc(): void {
		pushPc(this.#code, this.#cursor)
	}

	nextPc(): void {
		pushPc(this.#code, this.#cursor, this.#length)
	}

	roundingField(): void {
		this.#code.get(this.#cursor.ip).memory('i32.load8_u', Slot.offset.c + 2)
	}

	// Pushes block + register number × 8.
	#pushRegister(field: RegisterField): void {
		this.#pushField(field)
		this.#code.get(this.#cursor.block).op('i32.add')
	}

	#pushField(field: RegisterField): void {
		const place = this.#fields[field]
		const byte = {
			a: Slot.offset.a,
			b: Slot.offset.b,
			c: Slot.offset.c,
			'c.rs2': Slot.offset.c,
			'c.rs3': Slot.offset.c + 1,
			'c.rm': Slot.offset.c + 2,
		}
		if (!place) throw new Error(`Invariant broken: a slot holds ${field} of each instruction that uses it`)
		this.#code.get(this.#cursor.ip).memory('i32.load8_u', byte[place])
	}
}
