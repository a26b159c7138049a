/** The runtime's part after a program's end: makes its record, and prints it. */
import type {Assembler} from './assembler.ts'
import {descriptor, place, record, save, seenCsrs, startCsrNames, startCsrs, trapBytes, windowBytes} from './layout.ts'
import {
	a0,
	a1,
	a2,
	a3,
	a5,
	csr,
	load,
	move,
	mprv,
	ra,
	readCsr,
	s0,
	s1,
	s2,
	s3,
	s4,
	store,
	t0,
	t1,
	t2,
	transmitterEmpty,
	trapCsrs,
	uartLineStatus,
	uartTransmit,
} from './runtime-words.ts'

/** a0 = ending, s1 = save area, s3 = record. Completes the record and prints it. */
export function finish(asm: Assembler): void {
	asm.label('finish')
	load(asm, s0, s1, save.descriptor)
	store(asm, a0, s3, 0)
	for (let index = 1; index < 32; index++) {
		load(asm, t0, s1, 8 * index)
		store(asm, t0, s3, record.x + 8 * index)
	}
	for (const [index, name] of startCsrNames.entries()) {
		readCsr(asm, t0, startCsrs[name])
		// ADUE: QEMU 7.2 does not have it, and always updates A and D.
		if (name === 'menvcfg') asm.emit('bclri', {rd: t0, rs1: t0, imm: 61})
		store(asm, t0, s3, record.csrs + 8 * index)
	}
	for (const [index, number] of Object.values(seenCsrs).entries()) {
		readCsr(asm, t0, number)
		store(asm, t0, s3, record.seen + 8 * index)
	}
	// From here on plain M-mode: no MPRV, floating point on.
	asm.constant(t0, mprv)
	asm.emit('csrrc', {rd: 0, rs1: t0, csr: trapCsrs.mstatus})
	asm.constant(t0, 0x6000n)
	asm.emit('csrrs', {rd: 0, rs1: t0, csr: trapCsrs.mstatus})
	for (let index = 0; index < 32; index++) asm.emit('fsd', {rs2: index, rs1: s3, imm: record.f + 8 * index})
	readCsr(asm, t0, csr.fcsr)
	store(asm, t0, s3, record.fcsr)

	asm.constant(a0, 0n)
	asm.constant(a1, place.window)
	asm.constant(a2, BigInt(windowBytes))
	asm.emit('jal', {rd: ra}, 'digest')
	store(asm, a0, s3, record.memory)

	// The page tables as they are now.
	load(asm, s2, s0, descriptor.pteCount)
	store(asm, s2, s3, record.pteCount)
	load(asm, t0, s0, descriptor.ptes)
	pageTableRecord(asm, t1)
	move(asm, t2, s2)
	asm.emit('beq', {rs1: t2, rs2: 0}, 'tablesRead')
	asm.label('readTables')
	load(asm, a0, t0, 0)
	load(asm, a0, a0, 0)
	store(asm, a0, t1, 0)
	asm.emit('addi', {rd: t0, rs1: t0, imm: 16})
	asm.emit('addi', {rd: t1, rs1: t1, imm: 8})
	asm.emit('addi', {rd: t2, rs1: t2, imm: -1})
	asm.emit('bne', {rs1: t2, rs2: 0}, 'readTables')
	asm.label('tablesRead')

	// s2 and s4: bytes of the PTEs, and of the record up to the end of the log.
	asm.emit('slli', {rd: s2, rs1: s2, imm: 3})
	load(asm, s4, s3, record.traps)
	asm.emit('slli', {rd: s4, rs1: s4, imm: Math.log2(trapBytes)})
	asm.emit('addi', {rd: s4, rs1: s4, imm: record.log})
	asm.constant(a0, 0n)
	move(asm, a1, s3)
	move(asm, a2, s4)
	asm.emit('jal', {rd: ra}, 'digest')
	pageTableRecord(asm, a1)
	move(asm, a2, s2)
	asm.emit('jal', {rd: ra}, 'digest')
	asm.emit('jal', {rd: ra}, 'putHex')
	load(asm, t0, s1, save.verbose)
	asm.emit('bne', {rs1: t0, rs2: 0}, 'whole')
	asm.emit('jal', {rd: 0}, 'next')
	asm.label('whole')
	move(asm, a1, s3)
	move(asm, a2, s4)
	asm.emit('jal', {rd: ra}, 'putDwords')
	pageTableRecord(asm, a1)
	move(asm, a2, s2)
	asm.emit('jal', {rd: ra}, 'putDwords')
	asm.emit('jal', {rd: 0}, 'next')

	// a0 = digest so far, a1 = address, a2 = bytes → a0.
	asm.label('digest')
	asm.constant(a3, 0x9e37_79b9_7f4a_7c15n)
	asm.emit('add', {rd: a2, rs1: a1, rs2: a2})
	asm.label('digestMore')
	asm.emit('beq', {rs1: a1, rs2: a2}, 'digested')
	load(asm, t0, a1, 0)
	asm.emit('xor', {rd: a0, rs1: a0, rs2: t0})
	asm.emit('mul', {rd: a0, rs1: a0, rs2: a3})
	asm.emit('srli', {rd: t0, rs1: a0, imm: 32})
	asm.emit('xor', {rd: a0, rs1: a0, rs2: t0})
	asm.emit('addi', {rd: a1, rs1: a1, imm: 8})
	asm.emit('jal', {rd: 0}, 'digestMore')
	asm.label('digested')
	asm.emit('jalr', {rd: 0, rs1: ra, imm: 0})
}

/** rd = where the record's PTEs are; s3 = record. */
function pageTableRecord(asm: Assembler, rd: number): void {
	asm.constant(rd, BigInt(record.ptes))
	asm.emit('add', {rd, rs1: rd, rs2: s3})
}

export function print(asm: Assembler): void {
	// a1 = address, a2 = bytes.
	asm.label('putDwords')
	move(asm, s0, ra)
	asm.emit('add', {rd: a2, rs1: a1, rs2: a2})
	asm.label('putMore')
	asm.emit('beq', {rs1: a1, rs2: a2}, 'putAll')
	load(asm, a0, a1, 0)
	asm.emit('addi', {rd: a1, rs1: a1, imm: 8})
	asm.emit('jal', {rd: ra}, 'putHex')
	asm.emit('jal', {rd: 0}, 'putMore')
	asm.label('putAll')
	asm.emit('jalr', {rd: 0, rs1: s0, imm: 0})

	// a0, as sixteen digits and a line end.
	asm.label('putHex')
	asm.constant(t0, uartTransmit)
	asm.constant(t1, 60n)
	asm.label('putDigit')
	asm.emit('srl', {rd: t2, rs1: a0, rs2: t1})
	asm.emit('andi', {rd: t2, rs1: t2, imm: 15})
	asm.emit('sltiu', {rd: a3, rs1: t2, imm: 10})
	asm.emit('addi', {rd: t2, rs1: t2, imm: 0x57})
	asm.emit('beq', {rs1: a3, rs2: 0}, 'letter')
	asm.emit('addi', {rd: t2, rs1: t2, imm: 0x30 - 0x57})
	asm.label('letter')
	put(asm, 'digit')
	asm.emit('addi', {rd: t1, rs1: t1, imm: -4})
	asm.emit('bge', {rs1: t1, rs2: 0}, 'putDigit')
	asm.constant(t2, 10n)
	put(asm, 'line')
	asm.emit('jalr', {rd: 0, rs1: ra, imm: 0})
}

/** Sends t2's byte once the transmitter is empty. */
function put(asm: Assembler, name: string): void {
	asm.label(`wait for ${name}`)
	asm.emit('lbu', {rd: a5, rs1: t0, imm: uartLineStatus})
	asm.emit('andi', {rd: a5, rs1: a5, imm: transmitterEmpty})
	asm.emit('beq', {rs1: a5, rs2: 0}, `wait for ${name}`)
	asm.emit('sb', {rs1: t0, rs2: t2, imm: 0})
}
