/** What an AMO on a device register stores. With BigInt: such an AMO is rare, and an access of a device by itself costs more. */
import {AtomicOperation, type WordPair} from '../memory/index.ts'

type Operands = Readonly<{old: bigint; value: bigint}>

const {swap, add, and, or, xor, min, max, minu, maxu} = AtomicOperation
const smaller = (left: bigint, right: bigint) => (left < right ? left : right)
const larger = (left: bigint, right: bigint) => (left > right ? left : right)

/** By number; unprivileged spec, "Zaamo". `signed` reads an operand as signed. */
const results: Readonly<Record<number, (operands: Operands, signed: (operand: bigint) => bigint) => bigint>> = {
	[swap]: ({value}) => value,
	[add]: ({old, value}) => old + value,
	[and]: ({old, value}) => old & value,
	[or]: ({old, value}) => old | value,
	[xor]: ({old, value}) => old ^ value,
	[min]: ({old, value}, signed) => smaller(signed(old), signed(value)),
	[max]: ({old, value}, signed) => larger(signed(old), signed(value)),
	[minu]: ({old, value}) => smaller(old, value),
	[maxu]: ({old, value}) => larger(old, value),
}

/** @param operation of AtomicOperation, an AMO's. @param bytes of both operands: 4, which uses low words only, or 8. */
export function amoResult(
	operation: number,
	{bytes, old, value}: Readonly<{bytes: number; old: Readonly<WordPair>; value: Readonly<WordPair>}>,
): WordPair {
	const whole = ({low, high}: Readonly<WordPair>) => BigInt(low) | (bytes === 8 ? BigInt(high) << 32n : 0n)
	const result = results[operation]?.({old: whole(old), value: whole(value)}, (operand) =>
		BigInt.asIntN(bytes * 8, operand),
	)
	if (result === undefined) throw new Error(`Invariant broken: ${operation} is the number of an AMO`)
	return {low: Number(BigInt.asUintN(32, result)), high: Number(BigInt.asUintN(32, result >> 32n))}
}
