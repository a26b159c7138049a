/**
 * Programs under translation: random page tables, accesses of every kind from S, U, and M with MPRV, changes of
 * permissions and PTEs.
 */
import {rowsNotForUser} from './known-differences.ts'
import {place, windowBytes} from './layout.ts'
import {
	atomicOperation,
	certainly,
	clearBits,
	computePart,
	constantParts,
	makeRoles,
	memoryPart,
	operation,
	part,
	type Roles,
	returnOperation,
	setBits,
} from './operations.ts'
import {type Mode, modes, PageTables, pageNumber, pteBits} from './page-tables.ts'
import {drawCodeOffset, type Operation, type Privilege, type Program} from './program.ts'
import {delegation, floatRegister, integerValue, oneIn, Random} from './random.ts'
import {rowsOf} from './rows.ts'

const {V, R, W, X, U, A, D} = pteBits
const [SUM, MXR, MPRV, MPP] = [1n << 18n, 1n << 19n, 1n << 17n, 0x1800n]
/** menvcfg: hardware updates A and D, as QEMU 7.2 always does. */
const ADUE = 1n << 61n
const [mstatus, sstatus, satp, sepc] = [0x300, 0x100, 0x180, 0x141]

/** A virtual address to try: data ones are loaded from and stored to, code ones are jumped to as well. */
type Probe = Readonly<{gva: bigint; kind: 'data' | 'code'; pte: bigint; slot: bigint | undefined}>

const sp = 2
const probeRegisters = [8, 9, 10, 11, 18, 19, 20, 21, sp]
const linkRegister = 1

const random8 = (random: Random) => BigInt(random.below(256))

/** Permissions: mostly usual ones, sometimes any. Code must not change: only data may be writable. */
function leafBits(random: Random, kind: Probe['kind']): bigint {
	const usual =
		V | random.pick([R, R | W, R | W | X, X, R | X, 0n, W]) | random.pick([0n, U]) | random.pick([0n, A, A | D, A | D])
	const bits = oneIn(random, 4) ? random8(random) : oneIn(random, 10) ? usual & ~V : usual
	const reserved = oneIn(random, 20) ? 1n << BigInt(54 + random.below(7)) : 0n
	const software = BigInt(random.below(4)) << 8n
	return (kind === 'code' ? bits & ~W : bits) | reserved | software
}

function target(random: Random, kind: Probe['kind']): bigint {
	if (kind === 'code') return place.returns
	return place.window + BigInt(random.below(windowBytes / 4096)) * 4096n
}

/** Bits of a pointer to a table: mostly valid ones. */
const pointerBits = (random: Random): bigint =>
	oneIn(random, 10) ? random.pick([V | A, V | D, V | U, V | W, 0n, V | (1n << 54n), V | (1n << 8n)]) : V

function makeProbe(random: Random, tables: PageTables, region: bigint, kind: Probe['kind']): Probe {
	for (;;) {
		const level = oneIn(random, 3) ? random.below(tables.levels) : 0
		const gpa = target(random, kind)
		const gva = probeBase(random, tables, {region, level, kind}) + (gpa % tables.span(level))
		const pte = leafPte(random, {gpa, span: tables.span(level), kind})
		const slot = tables.map(gva, level, {pte}, pointerBits(random))
		// A page that another probe has mapped is not used: its offsets are for another page.
		if (slot === 'taken') continue
		const noncanonical = oneIn(random, 16) ? 1n << BigInt(12 + 9 * tables.levels + random.below(3)) : 0n
		return {
			gva: BigInt.asUintN(64, gva ^ noncanonical),
			kind,
			pte,
			slot: level === 0 && typeof slot === 'bigint' ? slot : undefined,
		}
	}
}

/**
 * Data pages are neighbours, and so are code pages, apart from data. Superpages have none: an access across an end
 * could reach anything.
 */
function probeBase(
	random: Random,
	{span}: PageTables,
	{region, level, kind}: {region: bigint; level: number; kind: Probe['kind']},
): bigint {
	if (level === 0) return region + (kind === 'code' ? 0x80_0000n : 0x20_0000n) + 4096n * BigInt(random.below(40))
	const distance = span(level) * BigInt(3 + 2 * random.below(8))
	return level === 1 ? region + span(2) + distance : region + distance
}

function leafPte(random: Random, {gpa, span, kind}: {gpa: bigint; span: bigint; kind: Probe['kind']}): bigint {
	const superpage = span > 4096n
	const bits = leafBits(random, kind)
	// Else the page's contents would be taken for page tables.
	const leaf = superpage && (bits & (R | W | X)) === 0n ? bits | R : bits
	if (superpage && oneIn(random, 5)) return pageNumber(gpa - (gpa % span)) | (1n << 10n) | leaf
	const nowhere = oneIn(random, 24) ? 0x8800_0000n : undefined
	return pageNumber(nowhere ?? gpa - (gpa % span)) | leaf
}

type Scene = Readonly<{
	random: Random
	roles: Roles
	privilege: Privilege
	probes: readonly Probe[]
	tables: PageTables
	tableWindow: bigint
	/** Distance from the address at which S sees the code to the one at which U does. */
	toUser: bigint
}>

/** Loads, stores and atomics of every row at any probe. */
const accessOperation = ({random, roles}: Scene): Operation | undefined =>
	oneIn(random, 4)
		? atomicOperation(random, roles, {mayFault: true, row: random.pick(faultingAtomics)})
		: operation([memoryPart(random, roles)])
const faultingAtomics = rowsOf('atomic').filter(({name}) => !name.startsWith('sc.'))

/** A jump to a probe, which returns or faults. */
function fetchOperation({random, probes, privilege, roles}: Scene): Operation | undefined {
	const codes = probes.filter(({kind}) => kind === 'code')
	if (codes.length === 0 || privilege === 'machine') return undefined
	const register = random.pick(roles.free)
	const offset = oneIn(random, 4) ? random.pick([0, 2, 4094]) : 2 * random.below(2048)
	const {gva} = random.pick(codes)
	return {
		parts: [
			...constantParts(register, (gva & ~0xfffn) + BigInt(offset)),
			part('jalr', {rd: linkRegister, rs1: register, imm: 0}),
		],
	}
}

function statusOperation({random, roles, privilege}: Scene): Operation {
	if (privilege === 'machine') {
		const change = oneIn(random, 2) ? setBits : clearBits
		if (oneIn(random, 2)) return change(random, roles, mstatus, random.pick([SUM, MXR]))
		// The privilege of accesses with MPRV: U or S.
		const mode = random.pick([0n, 0x800n, 0x800n])
		const [clear, set] = [clearBits(random, roles, mstatus, MPP), setBits(random, roles, mstatus, MPRV | mode)]
		return {parts: [...clear.parts, ...set.parts]}
	}
	const change = oneIn(random, 2) ? setBits : clearBits
	return change(random, roles, sstatus, random.pick([SUM, MXR, SUM | MXR]))
}

const fenceRows = rowsOf('system').filter(({name}) => /^(sfence|sinval)/.test(name))

const fenceOperation = ({random, roles, privilege}: Scene): Operation | undefined => {
	const row = random.pick(fenceRows)
	const maybeUser = privilege !== 'machine'
	return maybeUser && rowsNotForUser.has(row.name) ? undefined : operation([computePart(random, roles, row)])
}

/** Another ASID for the same tables. */
function asidOperation({random, roles, tables, privilege}: Scene): Operation | undefined {
	if (privilege === 'user') return undefined
	const register = random.pick(roles.free)
	const value = tables.satp(random.bits(16))
	return {
		parts: [
			...constantParts(register, value),
			part('csrrw', {rd: random.pick([0, register]), rs1: register, csr: satp}),
		],
	}
}

/** Changes the permissions in a probe's PTE, which S sees in the window of tables, and flushes. */
function pteOperation({random, roles, tables, probes, tableWindow, privilege}: Scene): Operation | undefined {
	const candidates = probes.filter(({slot}) => slot !== undefined)
	if (candidates.length === 0 || privilege !== 'supervisor') return undefined
	const {gva: probed, slot, pte, kind} = random.pick(candidates)
	// An access from the page before it reaches it at its canonical address.
	const gva = BigInt.asUintN(64, BigInt.asIntN(12 + 9 * tables.levels, probed))
	const [address, value] = [random.pick(roles.free), random.pick(roles.free)]
	if (address === value) return undefined
	return {
		parts: [
			...constantParts(address, slot! - place.pageTables + tableWindow),
			...constantParts(value, (pte & ~0xffn & ((1n << 54n) - 1n)) | (leafBits(random, kind) & 0xffn)),
			part('sd', {rs1: address, rs2: value, imm: 0}),
			...random.pick([
				[part('sfence.vma', {})],
				[...constantParts(address, gva), part('sfence.vma', {rs1: address})],
				// Of another page: it does for what sinval.vma has named, too. QEMU 7.2 has sfence.inval.ir in U.
				[...constantParts(address, gva), part('sinval.vma', {rs1: address}), part('sfence.vma', {rs1: value})],
			]),
		],
	}
}

/** From S to U, with sret. */
function dropOperation({random, roles, privilege, toUser}: Scene): Operation | undefined {
	if (privilege !== 'supervisor') return undefined
	const made = returnOperation(random, roles, {
		row: 'sret',
		csr: sepc,
		before: (register) => [...constantParts(register, 0x100n), part('csrrc', {rd: 0, rs1: register, csr: sstatus})],
	})
	// U sees the code at an alias: the distance is added just before sepc is written.
	const at = made.parts.findIndex(({row}) => row === 'csrrw')
	const register = roles.free.find((one) => made.parts[at]!.word >>> 15 === ((made.parts[at]!.word >>> 15) & ~31) + one)
	if (register === undefined) return undefined
	const scratch = random.pick(roles.free.filter((one) => one !== register))
	const move = [...constantParts(scratch, toUser), part('add', {rd: register, rs1: register, rs2: scratch})]
	return {...made, parts: made.parts.toSpliced(at, 0, ...move)}
}

type Maker = (scene: Scene) => Operation | undefined
const kinds: readonly (readonly [weight: number, make: Maker])[] = [
	[24, accessOperation],
	[5, fetchOperation],
	[5, statusOperation],
	[2, fenceOperation],
	[1, asidOperation],
	[4, pteOperation],
	[3, ({random, roles}) => operation([computePart(random, roles)])],
	[1, dropOperation],
]
const wheel = kinds.flatMap(([weight, make]) => Array<Maker>(weight).fill(make))

export function generatePaging(seed: number): Program {
	const random = new Random(seed)
	const privilege: Privilege = random.pick(['supervisor', 'supervisor', 'user', 'machine'])
	const mode = Number(random.pick(Object.keys(modes))) as Mode
	const tables = new PageTables(mode)
	// A top-level entry of its own, far from every device: in M without MPRV these addresses are physical ones.
	const top = tables.span(tables.levels - 1)
	const region = BigInt.asUintN(64, BigInt(random.pick([64, 100, 200, 255, -256, -100])) * top)
	const [supervisorCode, userCode, stub] = [region + 0x10_0000n, region + 0x10_8000n, region + 0x11_0000n]
	for (const page of [0, 1]) {
		const offset = 4096n * BigInt(page)
		tables.map(supervisorCode + offset, 0, {pte: V | R | X | A | D, codePage: page})
		tables.map(userCode + offset, 0, {pte: V | R | X | U | A | D, codePage: page})
	}
	tables.map(stub, 0, {pte: pageNumber(place.stub) | V | R | X | A | D})
	const probes = probeRegisters.map((register) =>
		makeProbe(random, tables, region, register !== sp && oneIn(random, 3) ? 'code' : 'data'),
	)
	const tableWindow = region + 0x18_0000n
	for (let page = 0; page < tables.tables; page++) {
		const gpa = place.pageTables + 4096n * BigInt(page)
		tables.map(tableWindow + 4096n * BigInt(page), 0, {pte: pageNumber(gpa) | V | R | W | A | D})
	}

	const x = Array.from({length: 32}, () => integerValue(random))
	// Around page ends, or anywhere in the page; code is only read near its middle.
	for (const [index, register] of probeRegisters.entries()) {
		const {gva, kind} = probes[index]!
		const offset = kind === 'code' ? 2048 : random.pick([4092, 4095, 0, 2048, random.below(4096), random.below(4096)])
		x[register] = (gva & ~0xfffn) + BigInt(offset)
	}
	const roles = makeRoles(random, probeRegisters)
	const free = roles.free.filter((register) => register !== linkRegister)
	// S does not load where it jumps to: see known-differences.ts.
	const bases = probeRegisters.filter((_, index) => privilege !== 'supervisor' || probes[index]!.kind === 'data')
	const scene: Scene = {
		random,
		roles: {...roles, free, bases},
		privilege,
		probes,
		tables,
		tableWindow,
		toUser: userCode - supervisorCode,
	}
	const operations = Array.from({length: 10 + random.below(30)}, () => certainly(() => random.pick(wheel)(scene)))
	const setMprv = setBits(random, scene.roles, mstatus, MPRV | 0x800n)
	return {
		kind: 'paging',
		seed,
		privilege,
		mstatus: 0x6000n | random.pick([0n, SUM, MXR, SUM | MXR]),
		fcsr: 0,
		csrs: {
			menvcfg: ADUE,
			satp: tables.satp(random.bits(16)),
			medeleg: oneIn(random, 2) ? delegation(random) : 0n,
		},
		x,
		f: Array.from({length: 32}, () => floatRegister(random)),
		codeOffset: drawCodeOffset(random),
		virtual: {supervisorCode, userCode, stub},
		ptes: tables.entries,
		operations: privilege === 'machine' ? [setMprv, ...operations] : operations,
	}
}
