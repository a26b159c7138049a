/** CSRs: which privileges may access them, and how writes are legalized. */
import test from 'ava'
import {ramBase} from '../../../src/memory/index.ts'
import {FlushCause, Regime} from '../../../src/tlb/index.ts'
import {HartCore, Privilege} from './hart-core.ts'

const all = 0xffff_ffff_ffff_ffffn
const sv39 = (asid: bigint, ppn: bigint) => (8n << 60n) | (asid << 44n) | ppn

const legalized = [
	// CSR, number, written, read back
	['mstatus', 0x300, all, 0x8000_000a_007e_79aan],
	['mstatus, MPP = 2 keeps MPP', 0x300, 2n << 11n, 0xa_0000_0000n],
	['mstatus, FS = 1 is not dirty', 0x300, 1n << 13n, 0xa_0000_2000n],
	['sstatus', 0x100, all, 0x8000_0002_000c_6122n],
	['misa is read-only: RV64 ACDFIMSU', 0x301, 0n, 0x8000_0000_0014_112dn],
	['medeleg', 0x302, all, 0xb3ffn],
	['mideleg', 0x303, all, 0x222n],
	['mie', 0x304, all, 0xaaan],
	['mtvec, direct', 0x305, 0x8000_1234n, 0x8000_1234n],
	['mtvec, vectored', 0x305, 0x8000_1235n, 0x8000_1235n],
	['mtvec, reserved mode', 0x305, 0x8000_1236n, 0n],
	['stvec, reserved mode', 0x105, 0x8000_1237n, 0n],
	['mcounteren', 0x306, all, 0xffff_ffffn],
	['scounteren', 0x106, all, 0xffff_ffffn],
	['mcountinhibit', 0x320, all, 5n],
	['menvcfg: STCE, PBMTE, ADUE, CBZE, CBCFE, CBIE, FIOM', 0x30a, all, 0xe000_0000_0000_00f1n],
	['menvcfg, CBIE = 2 keeps CBIE', 0x30a, 0xe0n, 0xc0n],
	['senvcfg: CBZE, CBCFE, CBIE, FIOM', 0x10a, all, 0xf1n],
	['senvcfg, CBIE = 2 keeps CBIE', 0x10a, 0x20n, 0n],
	['mseccfg: SSEED, USEED', 0x747, all, 0x300n],
	['mscratch', 0x340, all, all],
	['mepc', 0x341, all, all - 1n],
	['mcause', 0x342, all, all],
	['mtval', 0x343, all, all],
	['sscratch', 0x140, all, all],
	['sepc', 0x141, all, all - 1n],
	['scause', 0x142, all, all],
	['stval', 0x143, all, all],
	['mip: SSIP, STIP, SEIP', 0x344, all, 0x222n],
	['stimecmp', 0x14d, all, all],
	['satp, Sv39 keeps 16 ASID bits', 0x180, sv39(0xffffn, 1n), sv39(0xffffn, 1n)],
	['satp, Sv48', 0x180, (9n << 60n) | 5n, (9n << 60n) | 5n],
	['satp, Sv57 keeps 16 ASID bits and 44 of the root', 0x180, all ^ (5n << 60n), all ^ (5n << 60n)],
	['satp, Sv64 is not there: nothing is written', 0x180, (11n << 60n) | 5n, 0n],
	['satp, a reserved mode', 0x180, (1n << 60n) | 5n, 0n],
	['pmpcfg0', 0x3a0, 0x0f0f_1f1f_0908_0700n, 0x0f0f_1f1f_0908_0700n],
	['pmpcfg0, W without R and reserved bits', 0x3a0, 0x0267n, 0x07n],
	['pmpcfg2', 0x3a2, 0x0fn, 0x0fn],
	['pmpcfg4 has no entries', 0x3a4, all, 0n],
	['pmpaddr0', 0x3b0, all, 0x003f_ffff_ffff_ffffn],
	['pmpaddr15', 0x3bf, 5n, 5n],
	['pmpaddr16 is read-only zero', 0x3c0, all, 0n],
	['pmpaddr63 is read-only zero', 0x3ef, all, 0n],
	['mhpmcounter3', 0xb03, all, 0n],
	['mhpmcounter31', 0xb1f, all, 0n],
	['mhpmevent3', 0x323, all, 0n],
	['mhpmevent31', 0x33f, all, 0n],
	['tselect', 0x7a0, all, 0n],
	['tdata1', 0x7a1, all, 0n],
] as const
for (const [name, number, written, read] of legalized) {
	test(`${name}: 0x${written.toString(16)} reads back as 0x${read.toString(16)}`, (t) => {
		t.is(new HartCore().csrLegalized(number, written), read)
	})
}

test('identification registers', (t) => {
	const hart = new HartCore()
	hart.set('hartId', 3)
	t.deepEqual(
		[0xf11, 0xf12, 0xf13, 0xf14, 0xf15].map((number) => hart.csrRead(number)),
		[0n, 0n, 0n, 3n, 0n],
	)
	t.is(hart.csrWrite(0xf14, 1n), 'illegal')
})

for (const [name, number] of [
	['mseccfgh', 0x757],
	['pmpcfg1, an odd one', 0x3a1],
	['mstatush', 0x310],
	['mtinst', 0x34a],
	['hstatus', 0x600],
	['vsstatus', 0x200],
	['dcsr', 0x7b0],
	['cycleh', 0xc80],
	['0xb01', 0xb01],
	['0x8ff', 0x8ff],
] as const) {
	test(`${name} is not there, even for M-mode`, (t) => {
		t.is(new HartCore().csrRead(number), 'illegal')
	})
}

test('a CSR above the privilege is illegal, to read as to write', (t) => {
	const hart = new HartCore()
	hart.enter(Privilege.supervisor)
	t.is(hart.csrRead(0x300), 'illegal')
	t.is(hart.csrRead(0x140), 0n)
	hart.enter(Privilege.user)
	t.is(hart.csrRead(0x140), 'illegal')
	t.is(hart.csrWrite(0x140, 1n), 'illegal')
	t.is(hart.get('sscratch'), 0n)
})

test('set and clear change the named bits only, and a read-only access none', (t) => {
	const hart = new HartCore()
	hart.csrWrite(0x340, 0xf0n)
	t.is(hart.csrSet(0x340, 0x0fn), 0xf0n)
	t.is(hart.csrClear(0x340, 0x81n), 0xffn)
	t.is(hart.csrRead(0x340), 0x7en)
})

test('sstatus writes leave the machine fields alone', (t) => {
	const hart = new HartCore()
	hart.csrWrite(0x300, 0x80n | (1n << 22n))
	hart.csrWrite(0x100, 0x122n)
	t.is(hart.csrRead(0x300), 0xa_0040_01a2n)
})

test('a change of SUM, MPRV or MPP moves the data regime and asks for a restart; MXR flushes', (t) => {
	const hart = new HartCore()
	hart.enter(Privilege.supervisor, sv39(0n, 1n))
	t.is(hart.core.csrAccess(0x100, 1, 1n << 18n, 0), 2)
	t.is(hart.get('dataRegime'), BigInt(Regime.supervisorSum))
	t.is(hart.get('fetchRegime'), BigInt(Regime.supervisor))
	t.is(hart.core.csrAccess(0x100, 1, 1n << 18n, 0), 1)
	t.deepEqual(hart.flushes, [])
	t.is(hart.core.csrAccess(0x100, 1, 1n << 19n, 0), 2)
	t.deepEqual(hart.flushes, [FlushCause.statusChange])
	t.is(hart.core.csrAccess(0x100, 1, 0x6000n, 0), 1, 'FS changes neither')
})

test('a changed satp flushes and asks for a restart; the same value does neither', (t) => {
	const hart = new HartCore()
	hart.enter(Privilege.supervisor)
	t.is(hart.core.csrAccess(0x180, 0, sv39(1n, 1n), 0), 2)
	t.is(hart.core.csrAccess(0x180, 0, sv39(1n, 1n), 0), 1)
	t.is(hart.core.csrAccess(0x180, 0, sv39(2n, 1n), 0), 2)
	t.deepEqual(hart.flushes, [FlushCause.satpWrite, FlushCause.satpWrite])
	t.is(hart.get('dataRegime'), BigInt(Regime.supervisor))
})

test('TVM forbids satp to S, not to M', (t) => {
	const hart = new HartCore()
	hart.status(1n << 20n)
	t.is(hart.csrRead(0x180), 0n)
	hart.enter(Privilege.supervisor)
	t.is(hart.csrRead(0x180), 'illegal')
	t.is(hart.csrWrite(0x180, 0n), 'illegal')
})

test('fcsr, frm and fflags need FS, are views of one register, and a write makes FS dirty', (t) => {
	const hart = new HartCore()
	for (const number of [1, 2, 3]) t.is(hart.csrRead(number), 'illegal')
	hart.status(1n << 13n)
	t.is(hart.csrRead(3), 0n)
	t.is(hart.get('mstatus'), 1n << 13n)
	t.is(hart.csrLegalized(3, all), 0xffn)
	t.is(hart.csrLegalized(1, 0x21n), 1n)
	t.is(hart.csrLegalized(2, 0xan), 2n)
	t.is(hart.csrRead(3), 0x41n)
	t.is(hart.get('mstatus'), 3n << 13n)
	t.is(hart.csrRead(0x100), 0x8000_0002_0000_6000n)
})

test('rounding modes: rm itself, DYN through frm, and −1 for reserved ones', (t) => {
	const hart = new HartCore()
	hart.set('frm', 3)
	t.deepEqual(
		[0, 1, 2, 3, 4, 5, 6, 7].map((rm) => hart.core.roundingMode(rm)),
		[0, 1, 2, 3, 4, -1, -1, 3],
	)
	hart.set('frm', 5)
	t.is(hart.core.roundingMode(7), -1)
})

test('counters below M need mcounteren, and in U scounteren as well', (t) => {
	const hart = new HartCore()
	hart.ticks = 1234
	const time = () => hart.csrRead(0xc01)
	t.is(time(), 1234n)
	t.is(hart.csrWrite(0xc01, 0n), 'illegal')
	t.is(hart.csrRead(0xc03), 0n)
	hart.enter(Privilege.supervisor)
	t.is(time(), 'illegal')
	hart.set('mcounteren', 2)
	t.is(time(), 1234n)
	t.is(hart.csrRead(0xc00), 'illegal')
	hart.enter(Privilege.user)
	t.is(time(), 'illegal')
	hart.set('scounteren', 2)
	t.is(time(), 1234n)
})

test('hpmcounter3–31 are zero, and need mcounteren and scounteren like the others', (t) => {
	const hart = new HartCore()
	const counters = Array.from({length: 29}, (_, index) => 0xc03 + index)
	const read = () => new Set(counters.map((number) => hart.csrRead(number)))
	t.deepEqual(read(), new Set([0n]))
	hart.enter(Privilege.supervisor)
	t.deepEqual(read(), new Set(['illegal']))
	hart.set('mcounteren', 0xffff_ffffn)
	t.deepEqual(read(), new Set([0n]))
	hart.enter(Privilege.user)
	t.deepEqual(read(), new Set(['illegal']))
	hart.set('scounteren', 0xffff_ffffn)
	t.deepEqual(read(), new Set([0n]))
})

test('the seed is 16 bits of entropy; reading it has to be a write, and below M mseccfg has to allow it', (t) => {
	const hart = new HartCore()
	hart.entropy = 0xabcd
	t.is(hart.csrWrite(0x015, 0n), 0x8000_abcdn)
	hart.entropy = 0x1234
	t.is(hart.csrSet(0x015, 0n), 0x8000_1234n)
	t.is(hart.csrRead(0x015), 'illegal')
	for (const [privilege, bit] of [
		[Privilege.supervisor, 0x200],
		[Privilege.user, 0x100],
	] as const) {
		hart.enter(privilege)
		hart.set('mseccfg', 0x300 ^ bit)
		t.is(hart.csrWrite(0x015, 0n), 'illegal')
		hart.set('mseccfg', bit)
		t.is(hart.csrWrite(0x015, 0n), 0x8000_1234n)
	}
})

test('a change of ADUE or PBMTE flushes, since it changes what PTEs mean', (t) => {
	const hart = new HartCore()
	hart.csrWrite(0x30a, 0n)
	t.deepEqual(hart.flushes, [FlushCause.statusChange])
	t.is(hart.core.csrAccess(0x30a, 0, 1n << 62n, 0), 2)
	t.is(hart.core.csrAccess(0x30a, 0, (1n << 62n) | 0xf1n, 0), 1)
	t.deepEqual(hart.flushes, [FlushCause.statusChange, FlushCause.statusChange])
})

test('cycle and instret count retired instructions, can be written, and stop while inhibited', (t) => {
	const hart = new HartCore()
	hart.set('instret', 1000)
	hart.set('budget', 100)
	t.is(hart.csrRead(0xc02), 900n)
	hart.csrWrite(0xb02, 5n)
	hart.set('budget', 90)
	// The write itself does not count.
	t.is(hart.csrRead(0xc02), 14n)
	t.is(hart.csrRead(0xb00), 910n)
	hart.csrWrite(0x320, 4n)
	hart.set('budget', 50)
	t.is(hart.csrRead(0xb02), 14n)
	t.is(hart.csrRead(0xb00), 950n)
	hart.csrWrite(0xb02, 100n)
	hart.csrWrite(0x320, 0n)
	hart.set('budget', 49)
	t.is(hart.csrRead(0xb02), 101n)
	hart.set('budget', -3)
	t.is(hart.csrRead(0xb00), 1003n)
})

test('stimecmp below M needs menvcfg.STCE and mcounteren.TM', (t) => {
	const hart = new HartCore()
	hart.enter(Privilege.supervisor)
	t.is(hart.csrRead(0x14d), 'illegal')
	hart.set('menvcfg', 1n << 63n)
	t.is(hart.csrWrite(0x14d, 5n), 'illegal')
	hart.set('mcounteren', 2)
	t.is(hart.csrWrite(0x14d, 5n), 0n)
	t.is(hart.timerChanges, 1)
})

test('a write of stimecmp sets or clears STIP at once', (t) => {
	const hart = new HartCore()
	hart.ticks = 100
	hart.csrWrite(0x14d, 50n)
	t.is(hart.csrRead(0x344), 0n, 'not in force before STCE')
	hart.csrWrite(0x30a, 1n << 63n)
	t.is(hart.csrRead(0x344), 0x20n)
	hart.csrWrite(0x14d, 101n)
	t.is(hart.csrRead(0x344), 0n)
	hart.csrWrite(0x14d, 100n)
	t.is(hart.csrRead(0x344), 0x20n)
	t.is(hart.csrClear(0x344, 0x20n), 0x20n)
	t.is(hart.csrRead(0x344), 0x20n, 'with STCE, STIP is read-only')
	hart.csrWrite(0x30a, 0n)
	t.is(hart.csrRead(0x344), 0n)
	hart.csrSet(0x344, 0x20n)
	t.is(hart.csrRead(0x344), 0x20n, 'without STCE, software writes STIP')
})

test('a device’s SEIP is not copied into the software’s by csrrs and csrrc on mip', (t) => {
	const hart = new HartCore()
	hart.pendingInterrupts = 0x200
	t.is(hart.csrSet(0x344, 0x2n), 0x200n)
	hart.pendingInterrupts &= ~0x200
	t.is(hart.csrRead(0x344), 0x2n)
	hart.csrSet(0x344, 0x200n)
	t.is(hart.csrRead(0x344), 0x202n)
	t.is(hart.pendingInterrupts, 2)
	t.is(hart.get('mipSoftware'), 0x200n)
})

test('sip and sie show and change delegated interrupts only', (t) => {
	const hart = new HartCore()
	hart.pendingInterrupts = 0xaaa
	hart.set('mie', 0x888)
	hart.enter(Privilege.supervisor)
	t.is(hart.csrRead(0x144), 0n)
	t.is(hart.csrLegalized(0x104, all), 0n)
	hart.csrWrite(0x144, 0n)
	t.is(hart.pendingInterrupts, 0xaaa)
	hart.set('mideleg', 0x222)
	t.is(hart.csrRead(0x144), 0x222n)
	t.is(hart.csrLegalized(0x104, all), 0x222n)
	t.is(hart.get('mie'), 0xaaan)
	t.is(hart.csrLegalized(0x144, 0n), 0x220n)
	t.is(hart.pendingInterrupts, 0xaa8)
})

test('a write that makes an interrupt takeable asks for a restart', (t) => {
	const hart = new HartCore()
	hart.enter(Privilege.supervisor)
	hart.set('mideleg', 0x222)
	hart.pendingInterrupts = 2
	t.is(hart.core.csrAccess(0x104, 1, 2n, 0), 1)
	t.is(hart.core.csrAccess(0x100, 1, 2n, 0), 2)
	t.is(hart.core.csrAccess(0x144, 2, 2n, 0), 1)
})

test('locked PMP entries stay, and a locked top-of-range entry locks the address below it', (t) => {
	const hart = new HartCore()
	hart.csrWrite(0x3b0, 1n)
	hart.csrWrite(0x3a0, 0x8f1fn)
	t.is(hart.csrLegalized(0x3a0, 0n), 0x8f00n)
	t.is(hart.csrLegalized(0x3b1, 7n), 0n)
	t.is(hart.csrLegalized(0x3b0, 7n), 1n)
	t.is(hart.csrLegalized(0x3b2, BigInt(ramBase)), BigInt(ramBase))
})
