/** Random instructions for straight-line code. */
import {decode, type OperandName, type Operands} from '../../src/isa/index.ts'
import type {Random} from '../hart/core/float-operands.ts'
import {type Form, forms, withOperand} from '../interpreter/encode.ts'
import {drawWord} from '../interpreter/operands.ts'

const usable = forms.filter(({instruction}) =>
	instruction.effects.every(({effect}) => !['system', 'jumpRegister'].includes(effect)),
)
const jumps = (form: Form) => form.instruction.effects.some(({effect}) => effect === 'branch' || effect === 'jump')
const accesses = (form: Form) =>
	/"gva"/.test(JSON.stringify(form.instruction.effects, (_, value) => (typeof value === 'bigint' ? 0 : value)))

/** Reserved rounding modes, and illegal CSR accesses. */
const endsEarly = ({rm, csr, rs1, imm}: Operands) =>
	rm === 5 || rm === 6 || [0x340, 0x5c0, 0x800, 0xcc0].includes(csr) || (csr >= 0xc00 && rs1 + imm !== 0)

/**
 * Draws an instruction, mostly one that raises no exception.
 * @param options.bases registers that hold addresses. @param options.kept registers that are not written.
 * @param options.jump how many bytes ahead a jump goes, if jumps are allowed.
 * @returns undefined if none was found: draw again.
 */
export function drawStraight(
	random: Random,
	{bases, kept, jump}: {bases: readonly number[]; kept: readonly number[]; jump?: number},
): number | undefined {
	const form = random.pick(usable)
	if (jumps(form) && (jump === undefined || random.below(4))) return undefined
	let word = drawWord(form, random, 'any')
	const set = (name: OperandName, value: number) => {
		word = withOperand(form.pattern, word, {name, value})
	}
	if (accesses(form)) set('rs1', random.pick(bases))
	if (jumps(form)) set('imm', jump!)
	const decoded = decode(word)
	if (decoded?.name !== form.name || (jumps(form) && decoded.operands.imm !== jump)) return undefined
	if (accesses(form) && !bases.includes(decoded.operands.rs1)) return undefined
	if (random.below(16) && endsEarly(decoded.operands)) return undefined
	const writesX = form.instruction.effects.some(({effect}) => effect === 'writeX')
	return writesX && kept.includes(decoded.operands.rd) ? undefined : word
}
