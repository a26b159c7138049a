/** A hart's architectural state, except mip's bits that any thread may write (VcpuWords). */
import {array, sharedStruct} from '../memory/index.ts'

/** Plain but for satp: only this vCPU writes it while it runs; others access it while it is parked. */
export const HartState = sharedStruct({
	x: array('i64', 32),
	f: array('i64', 32),
	pc: 'i64',
	/** Privilege: 0 U, 1 S, 3 M. */
	privilege: 'i32',
	hartId: 'i32',
	/** Accrued exception flags, bits 4–0 NV DZ OF UF NX. */
	fflags: 'i32',
	frm: 'i32',
	mstatus: 'i64',
	mtvec: 'i64',
	medeleg: 'i64',
	mideleg: 'i64',
	mie: 'i64',
	/** Software-writable bits of mip (SEIP's and, without Sstc, STIP's). SSIP lives in pendingInterrupts. */
	mipSoftware: 'i64',
	mscratch: 'i64',
	mepc: 'i64',
	mcause: 'i64',
	mtval: 'i64',
	mcounteren: 'i64',
	mcountinhibit: 'i64',
	menvcfg: 'i64',
	mseccfg: 'i64',
	stvec: 'i64',
	sscratch: 'i64',
	sepc: 'i64',
	scause: 'i64',
	stval: 'i64',
	satp: 'i64',
	scounteren: 'i64',
	senvcfg: 'i64',
	stimecmp: 'i64',
	pmpcfg: array('i64', 16),
	pmpaddr: array('i64', 64),
	/** Retired instructions. A slice counts in full when it begins: subtract `budget` and `reserve` while it runs. Wraps. */
	instret: 'i64',
	/** Added to instret to give mcycle / minstret after a guest wrote them. */
	mcycleOffset: 'i64',
	minstretOffset: 'i64',
})
