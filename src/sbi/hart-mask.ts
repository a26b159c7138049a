/** The harts that a call names: hart_mask and hart_mask_base. SBI 2.0, "Hart list parameter". */
import type {SbiCall} from './sbi-call.ts'

/**
 * @param maskArgument the number of the argument that holds hart_mask; the next one holds hart_mask_base.
 * @returns hart ids; undefined if one of them does not exist (SBI_ERR_INVALID_PARAM).
 */
export function hartsOfMask(call: SbiCall, maskArgument = 0): readonly number[] | undefined {
	const {count} = call.context.blocks
	const baseLow = call.low(maskArgument + 1)
	const baseHigh = call.high(maskArgument + 1)
	if (baseLow === -1 && baseHigh === -1) return allHarts(count)
	const targets = hartsOfWords([call.low(maskArgument), call.high(maskArgument)])
	if (targets.length === 0) return targets
	if (baseHigh !== 0) return undefined
	for (let index = 0; index < targets.length; index++) targets[index] = (targets[index] ?? 0) + (baseLow >>> 0)
	return (targets.at(-1) ?? 0) < count ? targets : undefined
}

export function allHarts(count: number): readonly number[] {
	return Array.from({length: count}, (_, hart) => hart)
}

/** @param words 32 harts each; bit 0 of the first one is hart 0. @returns hart ids, ascending. */
export function hartsOfWords(words: readonly number[]): number[] {
	const harts: number[] = []
	words.forEach((word, index) => {
		for (let rest = word; rest !== 0; rest &= rest - 1) harts.push(32 * index + 31 - Math.clz32(rest & -rest))
	})
	return harts
}
