/** Traits, derived once from an instruction's definition: what it reads, writes and calls, how it ends or may fail. */
import type {CallName, Effect, Expression, Instruction, SystemName} from './expression.ts'

/** Fields that name a source register. */
export type SourceField = 'rs1' | 'rs2' | 'rs3'
/** How an instruction accesses memory. `atomic`: AMO, LR or SC. `block`: a cache-block operation. */
export type MemoryUse = 'load' | 'store' | 'atomic' | 'block'
/** The next instruction. `branch`: at pc + imm on a condition. `jump`: at pc + imm. `computed`: through a register. */
export type Flow = 'next' | 'branch' | 'jump' | 'computed'

/** Upper halves of products, for which WebAssembly has no instruction. */
export type MultiplyHighName = 'mulhS' | 'mulhU' | 'mulhSU'

export type Traits = Readonly<{
	readsX: readonly SourceField[]
	readsF: readonly SourceField[]
	/** Which register file rd is in; undefined where it writes no register. */
	writes: 'x' | 'f' | undefined
	/** Functions of the hart core that its expressions call by name. */
	calls: ReadonlySet<CallName>
	multipliesHigh: ReadonlySet<MultiplyHighName>
	memory: ReadonlySet<MemoryUse>
	accessesCsr: boolean
	/** It has an rm field with its rounding mode. */
	rounds: boolean
	flow: Flow
	/** The whole effect of a system instruction. */
	system: SystemName | undefined
	needsFloat: boolean
	/** It writes an f register, or may raise floating-point flags: mstatus.FS becomes dirty. */
	dirtiesFloat: boolean
	/** Its only effect is to write an x register: with rd = x0 it does nothing. */
	isPure: boolean
	/** Whether it is legal depends on state, and shows only when it executes. */
	mayBeIllegal: boolean
	/** It may raise an exception: an access fault, a page fault, an illegal instruction. */
	mayTrap: boolean
	/** Only the interpreter executes it: translated code ends before it. */
	endsRegion: boolean
}>

/** The direct operands of an expression. */
export function operandsOf(e: Expression): readonly Expression[] {
	switch (e.op) {
		case 'unary':
			return [e.a]
		case 'binary':
			return [e.a, e.b]
		case 'select':
			return [e.condition, e.a, e.b]
		case 'load':
		case 'loadReserved':
			return [e.gva]
		case 'amo':
		case 'storeConditional':
			return [e.gva, e.value]
		case 'csr':
			return [e.operand, e.readOnly]
		case 'call':
			return e.arguments
		default:
			return []
	}
}

const withOperands = (e: Expression): readonly Expression[] => [e, ...operandsOf(e).flatMap(withOperands)]

/** Every expression of an effect, at all levels. */
export function expressionsOf(effect: Effect): readonly Expression[] {
	switch (effect.effect) {
		case 'writeX':
		case 'writeF':
			return withOperands(effect.value)
		case 'store':
			return [...withOperands(effect.gva), ...withOperands(effect.value)]
		case 'zeroBlock':
		case 'manageBlock':
			return withOperands(effect.gva)
		case 'branch':
			return withOperands(effect.condition)
		case 'jumpRegister':
			return withOperands(effect.target)
		default:
			return []
	}
}

/** System instructions that translated code executes itself. */
const translated: ReadonlySet<SystemName> = new Set(['fence', 'pause'])

const memoryUse: Partial<Record<Expression['op'] | Effect['effect'], MemoryUse>> = {
	load: 'load',
	store: 'store',
	amo: 'atomic',
	loadReserved: 'atomic',
	storeConditional: 'atomic',
	zeroBlock: 'block',
	manageBlock: 'block',
}

const flows: Partial<Record<Effect['effect'], Flow>> = {branch: 'branch', jump: 'jump', jumpRegister: 'computed'}

export const isMultiplyHigh = (name: string): name is MultiplyHighName => name.startsWith('mulh')

const known = new Map<Instruction, Traits>()

export function traitsOf(instruction: Instruction): Traits {
	const found = known.get(instruction) ?? deriveTraits(instruction)
	known.set(instruction, found)
	return found
}

function deriveTraits({effects, floatingPoint}: Instruction): Traits {
	const expressions = effects.flatMap(expressionsOf)
	const ops = new Set(expressions.map(({op}) => op))
	const kinds = new Set(effects.map(({effect}) => effect))
	const fieldsRead = (op: 'x' | 'f') => [
		...new Set(expressions.flatMap((e) => (e.op === op ? [(e as {field: SourceField}).field] : []))),
	]
	const memory = new Set([...ops, ...kinds].flatMap((kind) => memoryUse[kind] ?? []))
	const calls = new Set(expressions.flatMap((e) => (e.op === 'call' ? [e.name] : [])))
	const writes = kinds.has('writeF') ? 'f' : kinds.has('writeX') ? 'x' : undefined
	const system = effects.flatMap((effect) => (effect.effect === 'system' ? [effect.name] : [])).at(0)
	const needsFloat = floatingPoint === true
	const accessesCsr = ops.has('csr')
	const mayBeIllegal = needsFloat || accessesCsr || memory.has('block')
	return {
		readsX: fieldsRead('x'),
		readsF: fieldsRead('f'),
		writes,
		calls,
		multipliesHigh: new Set(expressions.flatMap((e) => (e.op === 'binary' && isMultiplyHigh(e.name) ? [e.name] : []))),
		memory,
		accessesCsr,
		rounds: ops.has('roundingMode'),
		flow: effects.flatMap(({effect}) => flows[effect] ?? []).at(0) ?? 'next',
		system,
		needsFloat,
		dirtiesFloat: needsFloat && (writes === 'f' || calls.size > 0),
		isPure:
			!needsFloat &&
			!accessesCsr &&
			memory.size === 0 &&
			calls.size === 0 &&
			[...kinds].every((kind) => kind === 'writeX'),
		mayBeIllegal,
		mayTrap: mayBeIllegal || memory.size > 0,
		endsRegion: system !== undefined && !translated.has(system),
	}
}
