/** The runtime of a test image: runs the programs in turn, logs their traps, and prints their final state. */
import {Assembler} from './assembler.ts'
import {
	descriptor,
	Ending,
	pageTablePages,
	place,
	record,
	save,
	startCsrNames,
	startCsrs,
	trapBytes,
	trapLimit,
	windowBytes,
} from './layout.ts'
import {finish, print} from './runtime-record.ts'
import {
	a0,
	a1,
	a2,
	a4,
	csr,
	finisher,
	load,
	move,
	mprv,
	mtimecmp,
	pass,
	ra,
	readCsr,
	s0,
	s1,
	s2,
	s3,
	s4,
	sp,
	store,
	t0,
	t1,
	t2,
	t6,
	trapCsrs,
	writeCsr,
} from './runtime-words.ts'

/** Offset in the stub of its sret. */
export const stubReturn = 64

/** Assembles the runtime. Its entry is its first word. */
export function assembleRuntime(): readonly number[] {
	const asm = new Assembler(place.runtime)
	start(asm)
	nextProgram(asm)
	trapHandler(asm)
	finish(asm)
	print(asm)
	return asm.assemble()
}

/** stvec's page: sixteen entries of one ecall each, which asks M to log the trap; then the sret back. */
export function assembleStub(): readonly number[] {
	const asm = new Assembler(place.stub)
	for (let entry = 0; entry < stubReturn / 4; entry++) asm.emit('ecall')
	asm.emit('sret')
	return asm.assemble()
}

function start(asm: Assembler): void {
	readCsr(asm, t0, csr.mhartid)
	asm.emit('beq', {rs1: t0, rs2: 0}, 'first')
	asm.label('others')
	asm.emit('wfi')
	asm.emit('jal', {rd: 0}, 'others')
	asm.label('first')
	// No timer interrupts, and all of memory for S and U.
	asm.constant(t0, mtimecmp)
	asm.constant(t1, -1n)
	store(asm, t1, t0, 0)
	writeCsr(asm, csr.pmpaddr0, t1)
	asm.constant(t0, 0x1fn)
	writeCsr(asm, csr.pmpcfg0, t0)
	asm.constant(t0, place.save)
	writeCsr(asm, csr.mscratch, t0)
	asm.constant(t1, place.programs)
	store(asm, t1, t0, save.next)
	// mtvec = the jump to the handler.
	asm.emit('jal', {rd: t2}, 'vectorKnown')
	asm.emit('jal', {rd: 0}, 'trap')
	asm.label('vectorKnown')
	writeCsr(asm, csr.mtvec, t2)
}

/** s0 = descriptor. Fills memory, writes page tables, CSRs, registers, and enters the program by mret. */
function nextProgram(asm: Assembler): void {
	asm.label('next')
	asm.constant(s1, place.save)
	load(asm, t0, s1, save.next)
	load(asm, s0, t0, 0)
	asm.emit('addi', {rd: t0, rs1: t0, imm: 8})
	store(asm, t0, s1, save.next)
	store(asm, s0, s1, save.descriptor)
	asm.emit('bne', {rs1: s0, rs2: 0}, 'prepare')
	asm.constant(t0, finisher)
	asm.constant(t1, pass)
	asm.emit('sw', {rs1: t0, rs2: t1, imm: 0})
	asm.label('forever')
	asm.emit('jal', {rd: 0}, 'forever')

	asm.label('prepare')
	asm.constant(t0, place.record)
	store(asm, 0, t0, record.traps)
	fillWindow(asm)
	fillReturns(asm)
	writePageTables(asm)
	for (const [index, name] of startCsrNames.entries()) {
		load(asm, t0, s0, descriptor.csrs + 8 * index)
		writeCsr(asm, startCsrs[name], t0)
	}
	asm.emit('sfence.vma')
	asm.emit('fence.i')
	// Ends any reservation.
	asm.emit('addi', {rd: t0, rs1: s1, imm: 0x7f0})
	asm.emit('sc.d', {rd: t1, rs1: t0, rs2: 0})
	asm.constant(t0, 0x6000n)
	asm.emit('csrrs', {rd: 0, rs1: t0, csr: trapCsrs.mstatus})
	for (let index = 0; index < 32; index++) asm.emit('fld', {rd: index, rs1: s0, imm: descriptor.f + 8 * index})
	load(asm, t0, s0, descriptor.fcsr)
	writeCsr(asm, csr.fcsr, t0)
	load(asm, t0, s0, descriptor.mstatus)
	writeCsr(asm, trapCsrs.mstatus, t0)
	load(asm, t0, s0, descriptor.entry)
	writeCsr(asm, trapCsrs.mepc, t0)
	move(asm, t6, s0)
	for (let index = 1; index < 32; index++) load(asm, index, t6, descriptor.x + 8 * index)
	asm.emit('mret')
}

/** xorshift64 from the program's seed. */
function fillWindow(asm: Assembler): void {
	load(asm, t0, s0, descriptor.seed)
	asm.constant(t1, place.window)
	asm.constant(t2, place.window + BigInt(windowBytes))
	asm.label('fill')
	for (const [name, imm] of [
		['slli', 13],
		['srli', 7],
		['slli', 17],
	] as const) {
		asm.emit(name, {rd: a0, rs1: t0, imm})
		asm.emit('xor', {rd: t0, rs1: t0, rs2: a0})
	}
	store(asm, t0, t1, 0)
	asm.emit('addi', {rd: t1, rs1: t1, imm: 8})
	asm.emit('bne', {rs1: t1, rs2: t2}, 'fill')
}

/** `c.jr ra` wherever it is entered. */
function fillReturns(asm: Assembler): void {
	asm.constant(t0, 0x8082_8082_8082_8082n)
	asm.constant(t1, place.returns)
	asm.constant(t2, place.returns + 4096n)
	asm.label('fillReturns')
	store(asm, t0, t1, 0)
	asm.emit('addi', {rd: t1, rs1: t1, imm: 8})
	asm.emit('bne', {rs1: t1, rs2: t2}, 'fillReturns')
}

/** Writes the descriptor's pairs of address and PTE into tables that are clear otherwise. */
function writePageTables(asm: Assembler): void {
	load(asm, t0, s0, descriptor.pteCount)
	asm.emit('beq', {rs1: t0, rs2: 0}, 'tablesWritten')
	asm.constant(t1, place.pageTables)
	asm.constant(t2, place.pageTables + BigInt(4096 * pageTablePages))
	asm.label('clearTables')
	for (let offset = 0; offset < 64; offset += 8) store(asm, 0, t1, offset)
	asm.emit('addi', {rd: t1, rs1: t1, imm: 64})
	asm.emit('bne', {rs1: t1, rs2: t2}, 'clearTables')
	load(asm, t1, s0, descriptor.ptes)
	asm.label('writeTables')
	load(asm, a0, t1, 0)
	load(asm, a1, t1, 8)
	store(asm, a1, a0, 0)
	asm.emit('addi', {rd: t1, rs1: t1, imm: 16})
	asm.emit('addi', {rd: t0, rs1: t0, imm: -1})
	asm.emit('bne', {rs1: t0, rs2: 0}, 'writeTables')
	asm.label('tablesWritten')
}

/** Logs the trap, then resumes after the instruction, or at x1 if a jump went astray, or ends the program. */
function trapHandler(asm: Assembler): void {
	asm.label('trap')
	asm.emit('csrrw', {rd: sp, rs1: sp, csr: csr.mscratch})
	for (let index = 1; index < 32; index++) if (index !== sp) store(asm, index, sp, 8 * index)
	readCsr(asm, t0, csr.mscratch)
	store(asm, t0, sp, 8 * sp)
	writeCsr(asm, csr.mscratch, sp)
	move(asm, s1, sp)

	// s3 = record, s4 = this trap's log entry.
	asm.constant(s3, place.record)
	load(asm, t0, s3, record.traps)
	asm.emit('slli', {rd: t1, rs1: t0, imm: Math.log2(trapBytes)})
	asm.emit('add', {rd: s4, rs1: s3, rs2: t1})
	asm.emit('addi', {rd: t0, rs1: t0, imm: 1})
	store(asm, t0, s3, record.traps)
	const logged = [0x342, 0x341, 0x343, 0x300, 0x142, 0x141, 0x143, 0x344]
	for (const [index, number] of logged.entries()) {
		readCsr(asm, t1, number)
		store(asm, t1, s4, record.log + 8 * index)
	}
	asm.constant(a0, BigInt(Ending.logFull))
	asm.constant(t1, BigInt(trapLimit))
	asm.emit('beq', {rs1: t0, rs2: t1}, 'finish')

	load(asm, s0, s1, save.descriptor)
	load(asm, s2, s0, descriptor.codeBytes)
	// An interrupt: whatever software can clear is cleared, and the program resumes where it was.
	readCsr(asm, a2, trapCsrs.mcause)
	readCsr(asm, a1, trapCsrs.mepc)
	asm.emit('blt', {rs1: a2, rs2: 0}, 'interrupt')
	// From the stub: a trap that S has taken.
	load(asm, t0, s0, descriptor.stub)
	asm.emit('sub', {rd: t0, rs1: a1, rs2: t0})
	asm.constant(t1, BigInt(stubReturn))
	asm.emit('bltu', {rs1: t0, rs2: t1}, 'delegated')
	asm.emit('jal', {rd: ra}, 'resume')
	writeCsr(asm, trapCsrs.mepc, a1)
	asm.label('return')
	// A write of MPRV flushes QEMU's TLB; mret does not, although it changes MPP.
	asm.constant(t0, mprv)
	asm.emit('csrrc', {rd: t1, rs1: t0, csr: trapCsrs.mstatus})
	writeCsr(asm, trapCsrs.mstatus, t1)
	for (let index = 1; index < 32; index++) if (index !== sp) load(asm, index, sp, 8 * index)
	load(asm, sp, sp, 8 * sp)
	asm.emit('mret')

	asm.label('interrupt')
	asm.constant(t0, 0x222n)
	asm.emit('csrrc', {rd: 0, rs1: t0, csr: startCsrs.mip})
	asm.emit('jal', {rd: 0}, 'return')

	asm.label('delegated')
	load(asm, t0, s0, descriptor.stub)
	asm.emit('addi', {rd: t0, rs1: t0, imm: stubReturn})
	writeCsr(asm, trapCsrs.mepc, t0)
	readCsr(asm, a2, startCsrs.scause)
	asm.emit('blt', {rs1: a2, rs2: 0}, 'interrupt')
	readCsr(asm, a1, startCsrs.sepc)
	asm.emit('jal', {rd: ra}, 'resume')
	writeCsr(asm, startCsrs.sepc, a1)
	asm.emit('jal', {rd: 0}, 'return')

	// a1 = pc → a1 = where to resume. Does not return if the program is at its end, or lost.
	asm.label('resume')
	asm.constant(a4, 0n)
	asm.label('find')
	for (const alias of ['code', 'supervisorCode', 'userCode'] as const) {
		load(asm, t0, s0, descriptor[alias])
		asm.emit('sub', {rd: t1, rs1: a1, rs2: t0})
		asm.emit('bltu', {rs1: t1, rs2: s2}, 'found')
	}
	asm.constant(a0, BigInt(Ending.lost))
	asm.emit('bne', {rs1: a4, rs2: 0}, 'finish')
	load(asm, a1, s1, 8 * ra)
	asm.constant(a4, 1n)
	asm.emit('jal', {rd: 0}, 'find')
	asm.label('found')
	load(asm, t2, s0, descriptor.end)
	asm.constant(a0, BigInt(Ending.end))
	asm.emit('beq', {rs1: t1, rs2: t2}, 'finish')
	asm.emit('bne', {rs1: a4, rs2: 0}, 'resumed')
	load(asm, t0, s0, descriptor.code)
	asm.emit('add', {rd: t0, rs1: t0, rs2: t1})
	asm.emit('lbu', {rd: t0, rs1: t0, imm: 0})
	asm.emit('andi', {rd: t0, rs1: t0, imm: 3})
	asm.emit('addi', {rd: a1, rs1: a1, imm: 2})
	asm.constant(t1, 3n)
	asm.emit('bne', {rs1: t0, rs2: t1}, 'resumed')
	asm.emit('addi', {rd: a1, rs1: a1, imm: 2})
	asm.label('resumed')
	asm.emit('jalr', {rd: 0, rs1: ra, imm: 0})
}
