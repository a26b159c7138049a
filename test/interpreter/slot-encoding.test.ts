import test from 'ava'
import {slotFields} from '../../src/interpreter/slot-encoding.ts'
import {instructionNamed} from '../../src/isa/index.ts'

test('each operand has one place', (t) => {
	t.deepEqual(slotFields(instructionNamed('fmadd.s')), {rd: 'a', rs1: 'b', rs2: 'c.rs2', rs3: 'c.rs3', rm: 'c.rm'})
	t.deepEqual(slotFields(instructionNamed('sw')), {rs2: 'a', rs1: 'b', imm: 'c'})
	t.deepEqual(slotFields(instructionNamed('csrrci')), {rd: 'a', imm: 'b', csr: 'c'})
})
