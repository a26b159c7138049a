/** Hostile SBI calls, with the answer that SBI 2.0 demands where it demands one. */
import {ramBase} from '../../src/memory/index.ts'
import {SbiError} from '../../src/sbi/sbi-error.ts'
import {RunDelay} from '../../src/vcpu-worker/run-delay.ts'
import type {Random} from '../hart/core/float-operands.ts'

export const [sbiHarts, sbiRamBytes] = [4, 64 * 2 ** 20]
/** Where a started hart stops itself again. */
export const parkAddress = 0x8020_0800n

/**
 * Registers a0 … a5, the function in a6 and the extension in a7; the errors that may come back, any where undefined.
 */
export type HostileCall = Readonly<{name: string; registers: readonly bigint[]; errors?: readonly number[]}>

const Extension = {
	base: 0x10n,
	time: 0x5449_4d45n,
	ipi: 0x73_5049n,
	rfence: 0x5246_4e43n,
	hsm: 0x48_534dn,
	srst: 0x5352_5354n,
	dbcn: 0x4442_434en,
	sta: 0x53_5441n,
} as const
const ramStart = BigInt(ramBase)
const ramEnd = ramStart + BigInt(sbiRamBytes)
const allOnes = 2n ** 64n - 1n
const {SUCCESS, NOT_SUPPORTED, INVALID_PARAM, INVALID_ADDRESS, ALREADY_AVAILABLE} = SbiError
/** A host that counts no run delay has no STA. */
const whereNotCounted = new RunDelay().available ? [] : [NOT_SUPPORTED]
const boundaries = [
	...[0n, 1n, 2n, 3n, 4n, 7n, 63n, 64n, 0xfffn, 0x1000n, 0xffffn, 0x1_0000n, 0x1000_0000n, 0x7fff_ffffn, 0x8000_0000n],
	...[
		0xffff_ffffn,
		2n ** 32n,
		2n ** 44n,
		2n ** 53n,
		2n ** 53n + 1n,
		2n ** 56n - 1n,
		2n ** 63n - 1n,
		2n ** 63n,
		2n ** 63n + ramStart,
	],
	...[
		allOnes,
		allOnes - 0xfffn,
		ramStart - 1n,
		ramStart,
		ramEnd - 1n,
		ramEnd,
		ramEnd + 1n,
		ramStart + 2n ** 32n,
		0xffff_ffff_8000_0000n,
	],
]

const value = (random: Random) => (random.below(4) ? random.pick(boundaries) : random.bits(64))

/** Of stolen time: 64 bytes, the only ones that a call may have the machine write. */
export const stealRecord = ramEnd - 64n

/** Each draws one kind of call. */
const kinds: readonly ((random: Random) => HostileCall)[] = [
	function console(random) {
		const into = BigInt(random.below(2))
		const length = random.below(3) ? BigInt(random.below(64)) : value(random)
		const low = random.below(3) ? ramEnd - BigInt(random.below(128)) : value(random)
		const high = random.below(4) ? 0n : value(random)
		const lies = high === 0n && low >= ramStart && low + length <= ramEnd
		// A buffer in RAM is printed: no megabytes of it.
		if (lies && length > 4096n) return console(random)
		return call('console buffer', Extension.dbcn, into, [length, low, high], [lies ? SUCCESS : INVALID_PARAM])
	},
	(random) => call('console byte', Extension.dbcn, 2n, [value(random)], [SUCCESS]),
	(random) => {
		const [hart, opaque] = [random.below(2) ? BigInt(random.below(6)) : value(random), value(random)]
		// Elsewhere in RAM there are no programs.
		const address = random.below(2)
			? parkAddress
			: random.pick([...boundaries.filter((at) => at < ramStart || at >= ramEnd || at & 1n)])
		const error =
			hart >= sbiHarts ? [INVALID_PARAM] : address === parkAddress ? [SUCCESS, ALREADY_AVAILABLE] : [INVALID_ADDRESS]
		return call('hart_start', Extension.hsm, 0n, [hart, address, opaque], error)
	},
	(random) => {
		const hart = value(random)
		return call('hart_get_status', Extension.hsm, 2n, [hart], [hart < sbiHarts ? SUCCESS : INVALID_PARAM])
	},
	(random) => {
		const type = random.pick([
			1n,
			0xfff_ffffn,
			0x1000_0000n,
			0x7fff_ffffn,
			0x8000_0001n,
			0x8fff_ffffn,
			0x9000_0000n,
			0xffff_ffffn,
		])
		return call('hart_suspend', Extension.hsm, 3n, [type, value(random), value(random)], [INVALID_PARAM, NOT_SUPPORTED])
	},
	(random) => {
		const address = random.pick([0n, 1n, 0x1000n, ramEnd, ramEnd - 1n, 2n ** 63n, allOnes, ramStart - 2n])
		return call('hart_suspend', Extension.hsm, 3n, [0x8000_0000n, address, value(random)], [INVALID_ADDRESS])
	},
	(random) => {
		const {mask, base, answer} = hartList(random)
		return call('send_ipi', Extension.ipi, 0n, [mask, base], [answer])
	},
	(random) => {
		const {mask, base, answer} = hartList(random)
		return call('remote_fence_i', Extension.rfence, 0n, [mask, base], [answer])
	},
	(random) => {
		const {mask, base, answer} = hartList(random)
		return call('remote_sfence_vma', Extension.rfence, 1n, [mask, base, value(random), value(random)], [answer])
	},
	(random) => {
		const {mask, base, answer} = hartList(random)
		const asid = value(random)
		const error = asid > 0xffffn ? INVALID_PARAM : answer
		return call(
			'remote_sfence_vma_asid',
			Extension.rfence,
			2n,
			[mask, base, value(random), value(random), asid],
			[error],
		)
	},
	(random) =>
		call(
			'remote_hfence',
			Extension.rfence,
			3n + BigInt(random.below(4)),
			[value(random), value(random)],
			[NOT_SUPPORTED],
		),
	(random) => {
		const flags = random.below(4) ? 0n : value(random)
		const high = random.below(4) ? 0n : value(random)
		const near = random.pick([ramStart, ramEnd]) - 256n + BigInt(random.below(512))
		const drawn = random.below(2) ? near & (random.below(2) ? ~63n : ~0n) : value(random)
		const isRecord = drawn >= ramStart && drawn <= stealRecord && drawn % 64n === 0n
		const low = isRecord ? stealRecord : drawn
		const isOff = low === allOnes && high === allOnes
		const isMisaligned = !isOff && low % 64n !== 0n
		const error = flags || isMisaligned ? INVALID_PARAM : isOff || (isRecord && !high) ? SUCCESS : INVALID_ADDRESS
		return call('steal_time_set_shmem', Extension.sta, 0n, [low, high, flags], [error, ...whereNotCounted])
	},
	(random) => call('set_timer', Extension.time, 0n, [value(random)], [SUCCESS]),
	(random) =>
		call(
			'system_reset',
			Extension.srst,
			0n,
			[3n + BigInt(random.below(2 ** 31)), value(random)],
			[INVALID_PARAM, NOT_SUPPORTED],
		),
	(random) => {
		const extension = random.pick(Object.values(Extension))
		return call(
			'no such function',
			extension,
			random.pick([7n, 8n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, allOnes]),
			[value(random)],
			[NOT_SUPPORTED],
		)
	},
	(random) => {
		const extension = random.pick([
			9n,
			0xfn,
			0x11n,
			0x5355_5350n,
			0x4350_5043n,
			0x4e41_434cn,
			0x50_4d55n,
			0xa00_0000n,
			0x7fff_ffffn,
			0xffff_ffffn,
			allOnes,
		])
		return call('no such extension', extension, value(random), [value(random), value(random)], [NOT_SUPPORTED])
	},
	(random) => {
		// The mask is at a virtual address: reading it may fault, as the caller's own load would.
		const extension = BigInt(4 + random.below(4))
		return call(
			'legacy',
			extension,
			value(random),
			[value(random), value(random), value(random), value(random)],
			[SUCCESS, INVALID_PARAM, INVALID_ADDRESS],
		)
	},
	(random) => call('legacy', BigInt(random.below(4)), value(random), [value(random)]),
]

export const hostileCall = (random: Random): HostileCall => random.pick(kinds)(random)

function call(
	name: string,
	extension: bigint,
	number: bigint,
	given: readonly bigint[],
	errors?: readonly number[],
): HostileCall {
	const registers = [...given, ...new Array<bigint>(6 - given.length).fill(0n), number, extension]
	return {name, registers, ...(errors ? {errors} : {})}
}

/** SBI 2.0, "Hart list parameter". */
function hartList(random: Random): {mask: bigint; base: bigint; answer: number} {
	const mask = random.below(2) ? BigInt(random.below(32)) : value(random)
	const base = random.below(2) ? BigInt(random.below(4)) : value(random)
	const highest = base + BigInt(mask.toString(2).length - 1)
	return {mask, base, answer: base === allOnes || mask === 0n || highest < sbiHarts ? SUCCESS : INVALID_PARAM}
}
