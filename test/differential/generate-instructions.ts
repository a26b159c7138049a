/** Programs of all instructions, without translation. */
import {csrsWithoutComparison, rowsNotForUser} from './known-differences.ts'
import {place, startCsrs} from './layout.ts'
import {
	atomicOperation,
	certainly,
	clearBits,
	computePart,
	constantParts,
	countTrailing,
	csrPart,
	csrReadPart,
	jumpOperation,
	jumpRegisterOperation,
	loopOperation,
	makeRoles,
	memoryPart,
	operation,
	part,
	type Roles,
	randomPart,
	returnOperation,
	setBits,
	stackOperation,
} from './operations.ts'
import {drawCodeOffset, type Operation, type Privilege, type Program, windowMiddle} from './program.ts'
import {delegation, floatRegister, integerValue, oneIn, Random} from './random.ts'
import {comparedRows, type Row, rowsOf} from './rows.ts'

/** Addresses where nothing is: after RAM, and beyond the physical address space. */
const nowhere = [0x8800_0000n, 0x8800_0ffcn, 0x90_0000_0000n]

const floatCsrs = [0x001, 0x002, 0x003]
const supervisorCsrs = [0x140, 0x140, 0x142]
const machineCsrs = [0x104, 0x144, 0x342, 0x180]
/** Only written, and each cause with its tval: see known-differences.ts. */
const trapCsrPairs: ReadonlyMap<number, number> = new Map([
	[0x142, 0x143],
	[0x342, 0x343],
])
/** Of some CSRs only these bits: see known-differences.ts. */
const maskedCsrs = csrsWithoutComparison
	.filter(({compared}) => compared !== 0n)
	.flatMap(({csr, compared}) => (csr === 'mepc' ? [] : [{csr: startCsrs[csr], bits: compared}]))
/** Only read: the runtime's own, and identification. */
const readCsrs = [0x301, 0xf11, 0xf14, 0x305, 0x105]
/** No such CSR. */
const missingCsrs = [0x123, 0x5c0, 0x6ff, 0x9ff, 0xcff, 0x7ff, 0xfff]

// mstatus: FS, SUM, MXR, TVM, TW, TSR; SPP and SPIE.
const statusBits = [0x6000n, 0x2000n, 0x4_0000n, 0x8_0000n, 0x10_0000n, 0x20_0000n, 0x40_0000n, 0x100n, 0x20n]

type Maker = (random: Random, roles: Roles, privilege: Privilege) => Operation | undefined

function csrOperation(random: Random, roles: Roles, privilege: Privilege): Operation | undefined {
	const row = random.pick(rowsOf('csr'))
	return csrOperationOf(random, roles, privilege, row)
}

function csrOperationOf(random: Random, roles: Roles, privilege: Privilege, row: Row): Operation | undefined {
	if (oneIn(random, 8)) return {parts: [csrReadPart(random, roles, random.pick(readCsrs))]}
	if (privilege === 'machine' && oneIn(random, 6)) {
		const isSet = oneIn(random, 2)
		const [csr, bits] = [random.pick([0x300, 0x100]), random.pick(statusBits)]
		if (isSet) return setBits(random, roles, csr, bits)
		// Clearing one bit of FS would leave Clean here and Off in QEMU: see avoidedUses.
		return clearBits(random, roles, csr, bits === 0x2000n ? 0x6000n : bits)
	}
	if (oneIn(random, 6)) {
		const {csr, bits} = random.pick(maskedCsrs)
		const change = oneIn(random, 2) ? setBits : clearBits
		return change(random, roles, csr, (csr === startCsrs.medeleg ? delegation(random) : random.bits(64)) & bits)
	}
	const set = random.pick([
		floatCsrs,
		floatCsrs,
		supervisorCsrs,
		privilege === 'machine' ? machineCsrs : supervisorCsrs,
		...(oneIn(random, 4) ? [missingCsrs] : []),
	])
	const csr = random.pick(set)
	if (csr === startCsrs.satp && leavesMachine(roles)) return undefined
	const tval = trapCsrPairs.get(csr)
	if (tval === undefined) return operation([csrPart(random, roles, csr, row)])
	if (!row.name.startsWith('csrrw')) return undefined
	return operation([csr, tval].map((number) => randomPart(random, roles, row, {csr: number, rd: 0})))
}

/** Sets the rounding mode, legal or not. */
const roundingOperation: Maker = (random) => ({
	parts: [part('csrrwi', {rd: 0, csr: 0x002, imm: oneIn(random, 8) ? random.below(8) : random.below(5)})],
})

const plainSystemRows = ['ecall', 'ebreak', 'c.ebreak', 'fence', 'fence.i', 'pause', 'sfence.vma']

function systemOperation(random: Random, roles: Roles, privilege: Privilege): Operation | undefined {
	const row = random.pick([...plainSystemRows, 'mret', 'sret', 'wfi'])
	return systemOperationOf(random, roles, privilege, row)
}

/** Programs that may go from M to S or U, where wfi would wait for interrupts that never come. */
const leavesMachine = ({counter}: Roles) => counter % 2 === 0

function systemOperationOf(random: Random, roles: Roles, privilege: Privilege, name: string): Operation | undefined {
	if (name === 'wfi') {
		// With an interrupt pending and enabled, but not taken.
		if (privilege !== 'machine' || leavesMachine(roles)) return undefined
		const register = random.pick(roles.free)
		const access = (row: string, csr: number) => part(row, {rd: 0, rs1: register, csr})
		const pending = [...constantParts(register, 2n), access('csrrs', 0x304), access('csrrs', 0x344)]
		return {parts: [...pending, part('wfi', {}), access('csrrc', 0x344)]}
	}
	if (name === 'mret') {
		// To M, interrupts off: MPP set, MPIE clear.
		const before = (register: number) => [
			...constantParts(register, 0x1800n),
			part('csrrs', {rd: 0, rs1: register, csr: 0x300}),
			...constantParts(register, 0x80n),
			part('csrrc', {rd: 0, rs1: register, csr: 0x300}),
		]
		return privilege === 'machine'
			? returnOperation(random, roles, {row: 'mret', csr: 0x341, before})
			: {parts: [part('mret', {})]}
	}
	if (name === 'sret') {
		if (privilege === 'user') return {parts: [part('sret', {})]}
		if (privilege === 'machine' && !leavesMachine(roles)) return undefined
		const toSupervisor = privilege === 'supervisor' || oneIn(random, 2)
		const before = (register: number) => [
			...constantParts(register, 0x100n),
			part(toSupervisor ? 'csrrs' : 'csrrc', {rd: 0, rs1: register, csr: 0x100}),
			part('csrrci', {rd: 0, csr: 0x100, imm: 2}),
		]
		return returnOperation(random, roles, {row: 'sret', csr: 0x141, before})
	}
	const row = comparedRows.find((candidate) => candidate.name === name)
	return row && operation([computePart(random, roles, row)])
}

/** An operation uses the three good base registers, or the bad one. */
const mayFault = ({bases}: Roles) => (bases.length === 1 ? {mayFault: true} : {})

/** An operation that holds this row. */
function operationOf(random: Random, roles: Roles, privilege: Privilege, row: Row): Operation | undefined {
	const maybeUser = privilege === 'user' || (privilege === 'machine' && leavesMachine(roles))
	if (maybeUser && rowsNotForUser.has(row.base)) return undefined
	switch (row.use) {
		case 'compute':
			if (row.name === 'c.addi16sp') return stackOperation(random, roles)
			if (row.base === 'ctzw') return countTrailing(random, roles, row)
			return operation([computePart(random, roles, row)])
		case 'load':
		case 'store':
			return operation([memoryPart(random, roles, row)])
		case 'atomic':
			return atomicOperation(random, roles, {row, ...mayFault(roles)})
		case 'csr':
			return csrOperationOf(random, roles, privilege, row)
		case 'branch':
		case 'jump':
			return jumpOperation(random, roles, row)
		case 'jumpRegister':
			return jumpRegisterOperation(random, roles, row)
		case 'system':
			return systemOperationOf(random, roles, privilege, row.name)
	}
}

const kinds: readonly (readonly [weight: number, make: Maker])[] = [
	[40, (random, roles, privilege) => operationOf(random, roles, privilege, random.pick(comparedRows))],
	[20, (random, roles) => operation([computePart(random, roles)])],
	[14, (random, roles) => operation([memoryPart(random, roles)])],
	[6, (random, roles) => atomicOperation(random, roles, mayFault(roles))],
	[6, csrOperation],
	[3, roundingOperation],
	[4, (random, roles) => loopOperation(random, roles)],
	[2, (random, roles) => jumpRegisterOperation(random, roles)],
	[2, systemOperation],
]
const wheel = kinds.flatMap(([weight, make]) => Array<Maker>(weight).fill(make))

export function generateInstructions(seed: number): Program {
	const random = new Random(seed)
	const privilege: Privilege = random.pick(['machine', 'machine', 'machine', 'supervisor', 'user'])
	const low = 8 + random.below(8)
	const other = random.pick([1, 3, 5, 17, 30].filter((register) => register !== low))
	const roles = makeRoles(random, [2, low, other])
	const bad = random.pick([6, 16, 29].filter((register) => register !== roles.counter))
	const free = roles.free.filter((register) => register !== bad)
	const used: Roles = {...roles, free}
	const x = Array.from({length: 32}, () => integerValue(random))
	for (const base of roles.bases)
		x[base] = windowMiddle + BigInt(random.below(2048) - 1024) * (oneIn(random, 3) ? 1n : 8n)
	for (const base of roles.bases)
		if (x[base]! < place.window + 2048n || x[base]! > place.window + 0x1800n) x[base] = windowMiddle
	x[bad] = random.pick(nowhere)
	const withBad: Roles = {...used, bases: [bad]}
	const count = 10 + random.below(50)
	const operations = Array.from({length: count}, () =>
		certainly(() => random.pick(wheel)(random, oneIn(random, 12) ? withBad : used, privilege)),
	)
	return {
		kind: 'instructions',
		seed,
		privilege,
		mstatus: oneIn(random, 10) ? BigInt(random.below(4)) << 13n : 0x6000n,
		fcsr: random.below(32) | (random.below(5) << 5),
		csrs: {
			medeleg: oneIn(random, 3) ? delegation(random) : 0n,
			mcounteren: 0n,
			menvcfg: 0n,
		},
		x,
		f: Array.from({length: 32}, () => floatRegister(random)),
		codeOffset: drawCodeOffset(random),
		ptes: [],
		operations,
	}
}
