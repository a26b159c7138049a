/** Programs with interrupts that software sets: priority, delegation, enables, returns. */

import {place} from './layout.ts'
import {
	certainly,
	clearBits,
	computePart,
	constantParts,
	makeRoles,
	operation,
	part,
	type Roles,
	returnOperation,
	setBits,
} from './operations.ts'
import {drawCodeOffset, type Operation, type Privilege, type Program} from './program.ts'
import {delegation, floatRegister, integerValue, oneIn, Random} from './random.ts'

const csr = {
	mstatus: 0x300,
	mie: 0x304,
	mip: 0x344,
	sstatus: 0x100,
	sie: 0x104,
	sip: 0x144,
	mepc: 0x341,
	sepc: 0x141,
} as const
/** SSIP, STIP, SEIP. */
const interruptBits = [0x002n, 0x020n, 0x200n]
const [SIE, MIE, SPIE, MPIE, SPP] = [0x2n, 0x8n, 0x20n, 0x80n, 0x100n]

const subset = (random: Random, bits: readonly bigint[]): bigint =>
	bits.reduce((sum, bit) => (oneIn(random, 2) ? sum | bit : sum), 0n)

type Maker = (random: Random, roles: Roles, privilege: Privilege) => Operation | undefined

const changesOf =
	(forMachine: number, forSupervisor: number): Maker =>
	(random, roles, privilege) => {
		const change = oneIn(random, 3) ? clearBits : setBits
		const numbers = [forMachine, forMachine, forSupervisor]
		return change(
			random,
			roles,
			privilege === 'machine' ? random.pick(numbers) : forSupervisor,
			subset(random, interruptBits),
		)
	}
const pendingOperation = changesOf(csr.mip, csr.sip)
const enableOperation = changesOf(csr.mie, csr.sie)
const globalOperation: Maker = (random, roles, privilege) => {
	const change = oneIn(random, 3) ? clearBits : setBits
	return privilege === 'machine'
		? change(random, roles, csr.mstatus, subset(random, [MIE, SIE, MPIE, SPIE]))
		: change(random, roles, csr.sstatus, subset(random, [SIE, SPIE]))
}

/** To any privilege that can be returned to. */
const backOperation: Maker = (random, roles, privilege) => {
	const machine = privilege === 'machine' && oneIn(random, 2)
	const [status, bits] = machine ? [csr.mstatus, subset(random, [0x800n, 0x1000n])] : [csr.sstatus, SPP]
	const before = (register: number) => {
		const change = (row: 'csrrs' | 'csrrc', value: bigint) => [
			...constantParts(register, value),
			part(row, {rd: 0, rs1: register, csr: status}),
		]
		// No trap may come between the write of the trap-return pc and the return.
		const disable = part('csrrci', {rd: 0, csr: status, imm: machine ? 8 : 2})
		if (!machine) return [...change(oneIn(random, 4) ? 'csrrc' : 'csrrs', bits), disable]
		// MPP 2 is reserved.
		const reachable = bits === 0x1000n ? [] : change('csrrc', 0x1800n & ~bits)
		return [...change('csrrs', 0x1800n), ...reachable, disable]
	}
	return returnOperation(random, roles, {row: machine ? 'mret' : 'sret', csr: machine ? csr.mepc : csr.sepc, before})
}

const kinds: readonly (readonly [weight: number, make: Maker])[] = [
	[6, pendingOperation],
	[4, enableOperation],
	[4, globalOperation],
	[1, backOperation],
	[4, (random, roles) => operation([computePart(random, roles)])],
	[1, () => ({parts: [part('ecall', {})]})],
]
const wheel = kinds.flatMap(([weight, make]) => Array<Maker>(weight).fill(make))

export function generateInterrupts(seed: number): Program {
	const random = new Random(seed)
	const privilege: Privilege = random.pick(['machine', 'machine', 'supervisor', 'user'])
	const roles = makeRoles(random, [2])
	return {
		kind: 'interrupts',
		seed,
		privilege,
		mstatus: 0x6000n | subset(random, [MPIE, SPIE, SIE, SPP]),
		fcsr: 0,
		csrs: {
			mideleg: subset(random, interruptBits),
			mie: subset(random, interruptBits),
			mip: oneIn(random, 2) ? subset(random, interruptBits) : 0n,
			medeleg: oneIn(random, 3) ? delegation(random) : 0n,
			stvec: place.stub | BigInt(random.below(2)),
		},
		x: Array.from({length: 32}, () => integerValue(random)),
		f: Array.from({length: 32}, () => floatRegister(random)),
		codeOffset: drawCodeOffset(random),
		ptes: [],
		operations: Array.from({length: 5 + random.below(30)}, () =>
			certainly(() => random.pick(wheel)(random, roles, privilege)),
		),
	}
}
