/** Random choices of the generators, all from one seed. */

import {binary32, binary64} from '../../src/isa/oracle/float-value.ts'
import {Random, randomOperands, specialFloats} from '../hart/core/float-operands.ts'

export {Random}

const powers = (random: Random) => {
	const power = 1n << BigInt(random.below(64))
	return random.pick([power, power - 1n, power + 1n, -power, ~power])
}

/** An integer register's value: small, at an edge, or anything. */
export function integerValue(random: Random): bigint {
	const value = (() => {
		switch (random.below(6)) {
			case 0:
				return random.pick([0n, 1n, -1n, 2n, 0x8000_0000n, 0x7fff_ffffn, 0xffff_ffffn, 1n << 63n, (1n << 63n) - 1n])
			case 1:
				return powers(random)
			case 2:
				return BigInt.asIntN(32, random.bits(32))
			case 3:
				return BigInt(random.below(256)) - 128n
			case 4:
				return random.bits(64) >> BigInt(random.below(64))
			default:
				return random.bits(64)
		}
	})()
	return BigInt.asUintN(64, value)
}

const boxed = (bits: bigint) => bits | 0xffff_ffff_0000_0000n
const [singles, doubles] = [specialFloats(binary32), specialFloats(binary64)]

/** A floating-point register's value: a single, rarely not boxed; or a double. */
export function floatRegister(random: Random): bigint {
	switch (random.below(8)) {
		case 0:
			return random.pick(doubles)
		case 1:
		case 2:
			return boxed(random.pick(singles))
		case 3:
		case 4:
			return boxed(randomOperands(random.pick(['f32_add', 'f32_fma', 'f32_to_i32', 'f32_div']), random)[0]!)
		case 5:
			return random.bits(64)
		default:
			return randomOperands(random.pick(['f64_add', 'f64_fma', 'f64_to_i32', 'f64_to_f32']), random)[0]!
	}
}

/** True in one of `n` cases. */
export const oneIn = (random: Random, n: number): boolean => random.below(n) === 0

/** A generator's seed for each index. */
export const seedOf = (seed: number, index: number): number => new Random(Math.imul(seed, 0x85eb_ca6b) + index).word()

/** Misaligned loads and stores, access faults and page faults of both. */
const dataFaults = 0xa0f0n

/**
 * medeleg: anything but ecalls from S, by which the stub calls the runtime. Faults of loads and stores are delegated
 * all or none: QEMU confuses some, and of an access across pages either page's fault may come first.
 */
export function delegation(random: Random): bigint {
	const bits = random.bits(16) & 0x110fn
	return oneIn(random, 2) ? bits | dataFaults : bits
}
