/** How a decoded instruction's operands are packed into a slot; the layout of a slot itself is `Slot` in src/hart. */
import {type Instruction, type OperandName, parsePattern} from '../isa/index.ts'

/**
 * Where an operand lies. Registers are byte offsets into x or f (number × 8).
 * `a`, `b`, `c`: the whole field. Parts of c: `c.rs2` bits 7–0, `c.rs3` bits 15–8, `c.rm` bits 18–16. If c has no other
 * part, c.rs2 is all of c.
 */
export type SlotPlace = 'a' | 'b' | 'c' | 'c.rs2' | 'c.rs3' | 'c.rm'
export type SlotFields = Readonly<Partial<Record<OperandName, SlotPlace>>>

export const registerBytes = 8

const found = new Map<string, SlotFields>()

/** Where each operand of an instruction lies; operands that it does not have are absent. */
export function slotFields({name, pattern}: Instruction): SlotFields {
	const known = found.get(name)
	if (known) return known
	const {has} = parsePattern(pattern)
	const fields: Partial<Record<OperandName, SlotPlace>> = {}
	if (has.has('rd')) fields.rd = 'a'
	if (has.has('rs1')) fields.rs1 = 'b'
	if (has.has('rs2')) fields.rs2 = has.has('rd') ? 'c.rs2' : 'a'
	if (has.has('rs3')) fields.rs3 = 'c.rs3'
	if (has.has('rm')) fields.rm = 'c.rm'
	if (has.has('csr')) fields.csr = 'c'
	if (has.has('imm')) fields.imm = has.has('csr') ? 'b' : 'c'
	found.set(name, fields)
	return fields
}

const places: Readonly<Record<SlotPlace, {field: 'a' | 'b' | 'c'; shift: number}>> = {
	a: {field: 'a', shift: 0},
	b: {field: 'b', shift: 0},
	c: {field: 'c', shift: 0},
	'c.rs2': {field: 'c', shift: 0},
	'c.rs3': {field: 'c', shift: 8},
	'c.rm': {field: 'c', shift: 16},
}
const isRegister: ReadonlySet<string> = new Set<OperandName>(['rd', 'rs1', 'rs2', 'rs3'])

/** How one operand is packed into the slot: times `scale`, from bit `shift` of the field on. */
export type Packing = Readonly<{operand: OperandName; field: 'a' | 'b' | 'c'; shift: number; scale: number}>

export function packingsOf(instruction: Instruction): readonly Packing[] {
	return (Object.entries(slotFields(instruction)) as [OperandName, SlotPlace][]).map(([operand, place]) => ({
		operand,
		...places[place],
		scale: isRegister.has(operand) ? registerBytes : 1,
	}))
}
