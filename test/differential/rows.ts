/** What each row of the instruction list does, as far as a generator must know to use it. */
import {
	compressedInstructions,
	type Effect,
	type Expression,
	type Instruction,
	instructionNamed,
	instructions,
	type Operands,
} from '../../src/isa/index.ts'
import {type EncodedRow, rowNamed} from './encode.ts'
import {rowsWithoutComparison} from './known-differences.ts'

export type Use = 'compute' | 'load' | 'store' | 'atomic' | 'csr' | 'branch' | 'jump' | 'jumpRegister' | 'system'

export type Row = EncodedRow &
	Readonly<{use: Use; base: string; fixed: Partial<Operands>; floatingPoint: boolean; writesX: boolean}>

const valueIn = (effect: Effect): Expression | undefined =>
	effect.effect === 'writeX' || effect.effect === 'writeF' ? effect.value : undefined

function holds(expression: Expression, ops: ReadonlySet<string>): boolean {
	if (ops.has(expression.op)) return true
	return Object.values(expression).some((part: unknown) =>
		Array.isArray(part)
			? part.some((one) => holds(one as Expression, ops))
			: typeof part === 'object' && part !== null && 'op' in part && holds(part as Expression, ops),
	)
}

const valueUses: readonly (readonly [Use, ReadonlySet<string>])[] = [
	['atomic', new Set(['amo', 'loadReserved', 'storeConditional'])],
	['csr', new Set(['csr'])],
	['load', new Set(['load'])],
]
const effectUses: Partial<Record<Effect['effect'], Use>> = {
	branch: 'branch',
	jump: 'jump',
	jumpRegister: 'jumpRegister',
	store: 'store',
	zeroBlock: 'atomic',
	system: 'system',
}

function useOf({effects}: Instruction): Use {
	for (const effect of effects) {
		const use = effectUses[effect.effect]
		if (use) return use
		const value = valueIn(effect)
		for (const [found, ops] of valueUses) if (value && holds(value, ops)) return found
	}
	return 'compute'
}

const describe = (row: EncodedRow, base: Instruction, fixed: Partial<Operands>): Row => ({
	...row,
	use: useOf(base),
	base: base.name,
	fixed,
	floatingPoint: base.floatingPoint ?? false,
	writesX: base.effects.some(({effect}) => effect === 'writeX'),
})

/** Every row, base and compressed. */
export const rows: readonly Row[] = [
	...instructions.map((base) => describe(rowNamed(base.name), base, {})),
	...compressedInstructions.map((row) => describe(rowNamed(row.name), instructionNamed(row.base), row.fixed)),
]
/** Rows that can be compared. */
export const comparedRows: readonly Row[] = rows.filter(({base}) => !rowsWithoutComparison.has(base))
export const rowsOf = (...uses: readonly Use[]): readonly Row[] => comparedRows.filter(({use}) => uses.includes(use))
export const systemRows: ReadonlySet<string> = new Set(rowsOf('system').map(({name}) => name))
