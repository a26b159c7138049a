/** Traps, interrupts, returns from them, and the instructions that M-mode may forbid. */
import test from 'ava'
import {FlushCause, Regime} from '../../../src/tlb/index.ts'
import {HartCore, Privilege} from './hart-core.ts'

const {user, supervisor, machine} = Privilege
const Status = {SIE: 2n, MIE: 8n, SPIE: 0x20n, MPIE: 0x80n, SPP: 0x100n, MPRV: 1n << 17n}
const mpp = (privilege: number) => BigInt(privilege) << 11n
const interrupt = 1n << 63n

function trapped(options: {from: number; cause: number; medeleg?: bigint; status?: bigint}) {
	const hart = new HartCore()
	hart.enter(options.from)
	hart.status(options.status ?? 0n)
	hart.set('medeleg', options.medeleg ?? 0n)
	hart.set('mtvec', 0x1000)
	hart.set('stvec', 0x2000)
	hart.set('pc', 0x400)
	hart.core.raise(options.cause, 0x77n)
	hart.core.takeTrap()
	return hart
}

test('an exception goes to M-mode when it is not delegated', (t) => {
	const hart = trapped({from: supervisor, cause: 13, status: Status.MIE | Status.SIE})
	t.is(hart.get('pc'), 0x1000n)
	t.is(hart.get('privilege'), 3n)
	t.deepEqual([hart.get('mepc'), hart.get('mcause'), hart.get('mtval')], [0x400n, 13n, 0x77n])
	t.is(hart.get('mstatus'), Status.MPIE | Status.SIE | mpp(supervisor))
	t.is(hart.get('traps'), 1n)
})

test('traps, returns from them and calls of the built-in SBI end the reservation', (t) => {
	const hart = new HartCore()
	const ends = (how: string, act: () => void) => {
		hart.set('reservationOffset', 0x1000)
		act()
		t.is(hart.get('reservationOffset'), 0n, how)
	}
	hart.enter(supervisor)
	ends('an exception', () => {
		hart.core.raise(2, 0n)
		hart.core.takeTrap()
	})
	ends('mret', () => hart.core.mret())
	hart.enter(supervisor)
	ends('sret', () => hart.core.sret())
	hart.enter(supervisor)
	hart.set('builtInSbi', 1)
	ends('a call', () => hart.core.ecall())
})

test('a delegated exception goes to S-mode', (t) => {
	const hart = trapped({from: supervisor, cause: 13, medeleg: 1n << 13n, status: Status.MIE | Status.SIE})
	t.is(hart.get('pc'), 0x2000n)
	t.is(hart.get('privilege'), 1n)
	t.deepEqual([hart.get('sepc'), hart.get('scause'), hart.get('stval')], [0x400n, 13n, 0x77n])
	t.is(hart.get('mstatus'), Status.MIE | Status.SPIE | Status.SPP)
})

test('a delegated exception from U leaves SPP clear', (t) => {
	const hart = trapped({from: user, cause: 8, medeleg: 0xffffn, status: Status.SPP | Status.SPIE})
	t.is(hart.get('privilege'), 1n)
	t.is(hart.get('mstatus'), 0n)
})

test('delegation does not touch traps from M-mode', (t) => {
	const hart = trapped({from: machine, cause: 2, medeleg: 0xffffn})
	t.is(hart.get('privilege'), 3n)
	t.is(hart.get('mcause'), 2n)
	t.is(hart.get('mstatus'), mpp(machine))
})

test('a trap from translated U code enters the regime of its handler', (t) => {
	const hart = new HartCore()
	hart.enter(user, 8n << 60n)
	t.is(hart.get('fetchRegime'), BigInt(Regime.user))
	hart.set('medeleg', 1n << 8n)
	hart.core.raise(8, 0n)
	hart.core.takeTrap()
	t.is(hart.get('fetchRegime'), BigInt(Regime.supervisor))
	t.is(hart.core.sret(), 1)
	t.is(hart.get('dataRegime'), BigInt(Regime.user))
	hart.core.raise(2, 0n)
	hart.core.takeTrap()
	t.is(hart.get('dataRegime'), BigInt(Regime.machine))
})

test('exceptions go to the base even of a vectored tvec, interrupts to their entries', (t) => {
	const hart = new HartCore()
	hart.enter(supervisor)
	hart.set('mtvec', 0x1001)
	hart.core.raise(5, 0n)
	hart.core.takeTrap()
	t.is(hart.get('pc'), 0x1000n)
	hart.enter(supervisor)
	hart.set('mie', 0x80)
	hart.pendingInterrupts = 0x80
	t.is(hart.core.takeInterrupt(), 1)
	t.is(hart.get('pc'), 0x1000n + 7n * 4n)
	t.is(hart.get('mcause'), interrupt | 7n)
	t.is(hart.get('mtval'), 0n)
})

test('interrupts of M-mode come in the order MEI, MSI, MTI, SEI, SSI, STI', (t) => {
	const hart = new HartCore()
	hart.set('mie', 0xaaa)
	hart.pendingInterrupts = 0xaaa
	const order: bigint[] = []
	while (hart.pendingInterrupts) {
		hart.enter(user)
		hart.core.takeInterrupt()
		const code = hart.get('mcause') & ~interrupt
		order.push(code)
		hart.pendingInterrupts &= ~(1 << Number(code))
	}
	t.deepEqual(order, [11n, 3n, 7n, 9n, 1n, 5n])
})

test('interrupts for M-mode come before delegated ones', (t) => {
	const hart = new HartCore()
	hart.set('mie', 0xaaa)
	hart.set('mideleg', 0x222)
	hart.pendingInterrupts = 0x280
	hart.enter(user)
	hart.core.takeInterrupt()
	t.is(hart.get('mcause'), interrupt | 7n)
	hart.enter(user)
	hart.pendingInterrupts = 0x222
	hart.core.takeInterrupt()
	t.is(hart.get('privilege'), 1n)
	t.is(hart.get('scause'), interrupt | 9n)
})

const takeable = [
	// privilege, mstatus, bit, delegated, taken
	['M with MIE clear', machine, 0n, 0x80, false, false],
	['M with MIE set', machine, Status.MIE, 0x80, false, true],
	['S with MIE clear takes one for M', supervisor, 0n, 0x80, false, true],
	['U with MIE clear takes one for M', user, 0n, 0x80, false, true],
	['S with SIE clear', supervisor, Status.MIE, 0x20, true, false],
	['S with SIE set', supervisor, Status.SIE, 0x20, true, true],
	['U with SIE clear', user, 0n, 0x20, true, true],
	['M with all enabled does not take a delegated one', machine, Status.MIE | Status.SIE, 0x20, true, false],
	['S takes one of S that is not delegated, in M', supervisor, 0n, 0x20, false, true],
] as const
for (const [name, privilege, status, bit, delegated, taken] of takeable) {
	test(`${name}: ${taken ? 'taken' : 'not taken'}`, (t) => {
		const hart = new HartCore()
		hart.enter(privilege)
		hart.status(status)
		hart.set('mie', bit)
		hart.set('mideleg', delegated ? bit : 0)
		t.is(hart.core.takeInterrupt(), 0)
		hart.pendingInterrupts = bit
		t.is(hart.core.takeInterrupt(), Number(taken))
		t.is(hart.get('interrupts'), taken ? 1n : 0n)
		hart.set('mie', 0)
		t.is(hart.core.takeInterrupt(), 0)
	})
}

test('software’s own pending bits are taken as well', (t) => {
	const hart = new HartCore()
	hart.enter(supervisor)
	hart.set('mie', 0x200)
	hart.set('mipSoftware', 0x200)
	t.is(hart.core.takeInterrupt(), 1)
})

for (const [from, to, status, after] of [
	[machine, user, Status.MPIE | Status.MPRV, Status.MPIE | Status.MIE],
	[machine, supervisor, mpp(supervisor) | Status.MPRV | Status.MIE, Status.MPIE],
	[machine, machine, mpp(machine) | Status.MPRV, Status.MPIE | Status.MPRV],
] as const) {
	test(`mret to privilege ${to} unstacks MIE and clears MPRV below M`, (t) => {
		const hart = new HartCore()
		hart.enter(from)
		hart.status(status)
		hart.set('mepc', 0x1234)
		t.is(hart.core.mret(), 1)
		t.is(hart.get('pc'), 0x1234n)
		t.is(hart.get('privilege'), BigInt(to))
		t.is(hart.get('mstatus'), after)
	})
}

test('sret unstacks SIE, clears MPRV, and returns to SPP', (t) => {
	const hart = new HartCore()
	hart.status(Status.SPP | Status.SPIE | Status.MPRV)
	hart.set('sepc', 0x1234)
	t.is(hart.core.sret(), 1)
	t.is(hart.get('privilege'), 1n)
	t.is(hart.get('mstatus'), Status.SIE | Status.SPIE)
	t.is(hart.core.sret(), 1)
	t.is(hart.get('privilege'), 0n)
	t.is(hart.get('pc'), 0x1234n)
})

test('mret below M and sret in U are illegal; TSR forbids sret to S', (t) => {
	const hart = new HartCore()
	hart.enter(supervisor)
	t.is(hart.core.mret(), 0)
	hart.status(1n << 22n)
	t.is(hart.core.sret(), 0)
	hart.enter(user)
	t.is(hart.core.sret(), 0)
	hart.enter(machine)
	t.is(hart.core.sret(), 1)
})

test('ecall raises the cause of its privilege, or calls the built-in SBI from S', (t) => {
	const hart = new HartCore()
	for (const [privilege, cause] of [
		[user, 8n],
		[supervisor, 9n],
		[machine, 11n],
	] as const) {
		hart.enter(privilege)
		t.is(hart.core.ecall(), 0)
		t.is(hart.get('trapCause'), cause)
	}
	hart.set('builtInSbi', 1)
	t.is(hart.core.ecall(), 0)
	hart.enter(supervisor)
	t.is(hart.core.ecall(), 1)
})

test('ebreak’s tval is its own address', (t) => {
	const hart = new HartCore()
	hart.set('pc', 0x8000_0002n)
	hart.core.ebreak()
	t.is(hart.get('trapCause'), 3n)
	t.is(hart.get('trapTval'), 0x8000_0002n)
})

test('wfi waits unless an enabled interrupt is pending, whatever the global enables; U, and S with TW, may not', (t) => {
	const hart = new HartCore()
	t.is(hart.core.wfi(), 2)
	hart.pendingInterrupts = 0x80
	t.is(hart.core.wfi(), 2)
	hart.set('mie', 0x80)
	t.is(hart.core.wfi(), 1)
	hart.enter(supervisor)
	t.is(hart.core.wfi(), 1)
	hart.status(1n << 21n)
	t.is(hart.core.wfi(), 0)
	hart.enter(machine)
	t.is(hart.core.wfi(), 1)
	hart.enter(user)
	t.is(hart.core.wfi(), 0)
})

test('sfence.w.inval and sfence.inval.ir are illegal in U only; TVM does not forbid them', (t) => {
	const hart = new HartCore()
	hart.status(1n << 20n)
	const both = () => [hart.core.mayFenceTranslations(), hart.core.sfenceInvalIr()]
	t.deepEqual(both(), [1, 1])
	hart.enter(supervisor)
	t.deepEqual(both(), [1, 1])
	hart.enter(user)
	t.deepEqual(both(), [0, 0])
})

test('sfence.vma flushes everything, a page, or an address space, which need not be the current one', (t) => {
	const hart = new HartCore()
	hart.enter(supervisor, (8n << 60n) | (5n << 44n))
	t.is(hart.core.sfence(0, 0, 0n, 0n), 1)
	t.is(hart.core.sfence(0, 9, 0n, 5n), 1)
	t.is(hart.core.sfence(0, 9, 0n, 6n), 1)
	t.is(hart.core.sfence(8, 0, 0xffff_ffff_8000_1234n, 0n), 1)
	t.deepEqual(hart.flushes, [...Array(3).fill(FlushCause.sfenceAll), FlushCause.sfencePage])
	hart.status(1n << 20n)
	t.is(hart.core.sfence(0, 0, 0n, 0n), 0)
	hart.enter(user)
	t.is(hart.core.sfence(0, 0, 0n, 0n), 0)
	hart.enter(machine)
	t.is(hart.core.sfence(0, 0, 0n, 0n), 1)
})
