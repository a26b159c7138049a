/** The tests' own encoder, against the decoder. */
import test from 'ava'
import {decode, operandNames} from '../../src/isa/index.ts'
import {encode, forms, ignoredBits, withOperand} from './encode.ts'
import {drawWord} from './operands.ts'
import {randomFor, seed} from './seed.ts'

test('what is encoded decodes to the same form and operands, for every form', (t) => {
	t.log(`seed ${seed}`)
	for (const {name, pattern} of forms) {
		const random = randomFor(`encode ${name}`)
		for (let round = 0; round < 50; round++) {
			const word = drawWord({name, pattern}, random, 'any')
			const decoded = decode(word)!
			t.is(decoded.name, name)
			const rebuilt = operandNames.reduce(
				(partial, operand) => withOperand(pattern, partial, {name: operand, value: decoded.operands[operand]}),
				pattern.match,
			)
			t.is(rebuilt >>> 0, (word & ~ignoredBits(pattern)) >>> 0, name)
		}
	}
})

test('words are those of the manual', (t) => {
	t.is(encode('addi', {rd: 1, rs1: 2, imm: -1}), 0xfff1_0093)
	t.is(encode('beq', {rs1: 1, rs2: 2, imm: -4096}), 0x8020_8063)
	t.is(encode('jal', {rd: 1, imm: 0x800}), 0x0010_00ef)
	t.is(encode('c.addi', {rd: 1, rs1: 1, imm: -32}), 0x1081)
	t.is(encode('c.lwsp', {rd: 8, imm: 252}), 0x547e)
	t.is(encode('wfi', {}), 0x1050_0073)
})

test('operands that a form cannot have are refused', (t) => {
	t.throws(() => encode('addi', {imm: 2048}), {message: /Expected operands that addi can have/})
	t.throws(() => encode('c.sub', {rd: 8, rs1: 9, rs2: 8}))
	t.throws(() => encode('c.lui', {rd: 2, imm: 4096}))
	t.throws(() => encode('nonsense', {}), {message: /Expected the name of an instruction/})
})
