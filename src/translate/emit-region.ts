/** Emits one region as a WebAssembly function with structured control flow. */

import {Lowering, needsFence, offsets, RegionStatus} from '../codegen/index.ts'
import {assert} from '../errors.ts'
import {CsrStatus} from '../hart/index.ts'
import {type Decoded, type Effect, traitsOf} from '../isa/index.ts'
import type {Code, Local} from '../wasm/index.ts'
import {emitChainCount, emitUnwoundCount} from './chain-count.ts'
import {emitDispatch} from './emit-dispatch.ts'
import {siteShift} from './enter.ts'
import {copyDistance} from './leaf-calls.ts'
import type {Block, Region, RegionInstruction} from './region.ts'
import {continuations} from './region.ts'
import {
	emitJump,
	emitReturn,
	emitSafepoint,
	type ModuleContext,
	pushCall,
	pushGva,
	type RegionContext,
	type RegionOptions,
} from './region-context.ts'
import {RegionFloat} from './region-float.ts'
import {RegionMemory} from './region-memory.ts'
import {RegionOperands} from './region-operands.ts'
import {analyzeRegisters, type RegisterFlow} from './register-flow.ts'
import {RegisterLocals} from './register-locals.ts'
import {noRegisters, type RegisterSet, registersWritten, union} from './register-set.ts'
import {analyze, emitStructured} from './structure.ts'
import {isWaitLoop} from './wait-loop.ts'

/** For basic blocks in which no instruction can trap. */
const noExits: Lowering['exits'] = {trap: {name: 'none', depth: -1}, illegal: {name: 'none', depth: -1}}

export function emitRegion(code: Code, region: Region, module: ModuleContext & RegionOptions): void {
	new RegionEmitter(code, region, module).emit()
}

const keyOf = ({x, f}: RegisterSet): string => `${x} ${f}`

class RegionEmitter {
	readonly #region: Region
	readonly #context: RegionContext
	readonly #memory: RegionMemory
	readonly #float: RegionFloat
	readonly #flow: readonly RegisterFlow[]
	readonly #writesThrough: boolean
	/** Registers that may be newer in locals than in the vCPU block, at the instruction being emitted. */
	#dirty = noRegisters
	/** i32: the instruction that may trap, packed as for trapSignature. */
	readonly #site
	/** i32: its bits, where it may turn out to be illegal; and a copy of them once it has, 0 before. */
	readonly #bits
	readonly #illegal
	/**
	 * i32: the next page was checked, and holds the region's code. Valid until the region is left, as its own mapping is.
	 */
	readonly #nextPageHolds
	/** i32: the place where the region is to go on, until control has come there; notResumed otherwise. */
	readonly #resumesAt: Local | undefined
	/** Whether the block being emitted relies on the next page. */
	#isBeyond = false

	constructor(code: Code, region: Region, module: ModuleContext & RegionOptions) {
		const block = code.parameter(0, 'block')
		const budget = code.parameter(1, 'budget')
		this.#region = region
		this.#context = {
			...module,
			code,
			block,
			budget,
			pageGva: code.parameter(2, 'pageGva'),
			depth: code.parameter(3, 'depth'),
			registers: new RegisterLocals(code, block),
		}
		this.#resumesAt = region.resumed.length > 0 ? code.parameter(4, 'resumes at') : undefined
		this.#memory = new RegionMemory({...module, code, block, budget, region})
		const {functions, fusedMultiplyAdd} = module
		this.#float = new RegionFloat({code, block, functions, fusedMultiplyAdd, region})
		this.#site = code.local('i32', 'site')
		this.#bits = code.local('i32', 'bits')
		this.#illegal = code.local('i32', 'illegal')
		this.#nextPageHolds = code.local('i32', 'next page holds')
		const {flow, writesThrough} = analyzeRegisters(region)
		this.#flow = flow
		this.#writesThrough = writesThrough
	}

	emit(): void {
		const {blocks} = this.#region
		const {code, registers} = this.#context
		const structure = analyze(blocks.map((block) => this.#successors(block)))
		// Safepoint: every call and jump between regions passes one.
		emitSafepoint(this.#context, () => this.#leaveAtEntry())
		if (blocks[0]!.isBeyond) this.#ensureNextPage(() => this.#leave(RegionStatus.across, blocks[0]!.start))
		registers.load(this.#flow[0]!.needed)
		this.#float.load()
		this.#memory.begin()
		this.#withExits(this.#exitSets(), (exits) => {
			emitStructured(code, structure, {
				node: (node, goTo) => {
					const flow = this.#flow[node]!
					this.#block(blocks[node]!, {flow, exits: exits.get(keyOf(flow.trapped)) ?? noExits, goTo})
				},
				cutEdge: (_, to) => this.#jump(blocks[to]!.start),
				backEdge: (from, to) => {
					const successors = (index: number) => this.#successors(blocks[index]!)
					if (isWaitLoop({blocks, successors}, from, to)) code.call(this.#context.functions.of('pause'))
					this.#safepoint(blocks[to]!.start)
				},
			})
		})
	}

	// block trap { block illegal { body } illegal = bits } exception exit; nested, one for each set of registers
	#withExits(
		[stored, ...others]: readonly RegisterSet[],
		body: (exits: ReadonlyMap<string, Lowering['exits']>) => void,
		exits: Map<string, Lowering['exits']> = new Map(),
	): void {
		if (!stored) return body(exits)
		const {code, block, budget, pageGva, registers} = this.#context
		code.block('trap', (trap) => {
			code.block('illegal', (illegal) => {
				exits.set(keyOf(stored), {trap, illegal})
				this.#withExits(others, body, exits)
			})
			code.get(this.#bits).set(this.#illegal)
		})
		registers.store(stored)
		code.get(block).get(budget).get(pageGva).get(this.#site).get(this.#illegal).returnCall(this.#context.trap)
	}

	/** The distinct sets of registers that exception exits store. */
	#exitSets(): RegisterSet[] {
		const sets = this.#region.blocks.flatMap(({instructions}, index) => {
			const {trapped} = this.#flow[index]!
			return instructions.some(({decoded}) => traitsOf(decoded.instruction).mayTrap)
				? [[keyOf(trapped), trapped] as const]
				: []
		})
		return [...new Map(sets).values()]
	}

	#successors({terminator}: Block): number[] {
		const found = continuations(terminator).map((to) => this.#region.blockAt.get(to))
		return [...new Set(found.filter((index) => index !== undefined))]
	}

	#leaveAtEntry(): void {
		const {code, pageGva} = this.#context
		const {start} = this.#region.blocks[0]!
		const at = this.#resumesAt
		if (!at) return this.#leave(RegionStatus.restart, start)
		const pc = (): void => {
			code.get(pageGva).get(at).i32(start).get(at).i32(0).op('i32.ge_s', 'select', 'i64.extend_i32_u', 'i64.add')
		}
		emitReturn(this.#context, {dirty: noRegisters, pc, status: RegionStatus.restart})
	}

	#leave(status: number, offset: number, dirty: RegisterSet = noRegisters): void {
		emitReturn(this.#context, {dirty, pc: () => pushGva(this.#context, offset), status})
	}

	#safepoint(offset: number): void {
		emitSafepoint(this.#context, () => this.#leave(RegionStatus.restart, offset, this.#dirty))
	}

	/** Leaves the region for a page offset. */
	#jump(offset: number): void {
		this.#context.registers.store(this.#dirty)
		emitJump(this.#context, offset)
	}

	#block(
		block: Block,
		{flow, exits, goTo}: {flow: RegisterFlow; exits: Lowering['exits']; goTo: (successor: number) => void},
	): void {
		const {code, budget, registers} = this.#context
		const {instructions, terminator} = block
		if (terminator.kind === 'dispatch') {
			this.#dirty = flow.dirty
			const [resumesAt, isFirst] = [this.#resumesAt, block === this.#region.blocks[0]]
			assert(resumesAt, 'a region that dispatches knows where it is resumed')
			const load = (successor: number) => registers.load(this.#flow[successor]!.needed)
			return emitDispatch(code, terminator, {resumesAt, blockAt: this.#region.blockAt, isFirst, load, goTo})
		}
		code.get(budget).i32(instructions.length).op('i32.sub').set(budget)
		registers.load(flow.loads)
		this.#dirty = flow.dirty
		this.#isBeyond = block.isBeyond
		this.#float.forget()
		for (const [index, instruction] of instructions.entries()) {
			const remaining = instructions.length - index
			this.#memory.at(instruction, remaining)
			this.#noteSite(instruction, remaining - 1)
			const stores = flow.stores[index]!
			const operands = new RegionOperands({...this.#context, instruction, stores})
			const {functions} = this.#context
			const callOtherwise: Lowering['callOtherwise'] = (e, lower) => this.#float.call(e, instruction, lower)
			const lowering = new Lowering({code, operands, memory: this.#memory, functions, exits, callOtherwise})
			if (remaining === 1 && block.terminator.kind !== 'fall') {
				return this.#terminator(block, {instruction, lowering, goTo})
			}
			this.#instruction(instruction, {lowering, behind: remaining - 1})
		}
		this.#goTo((block.terminator as {to: number}).to, goTo)
	}

	/** Continues in the region, or leaves it. @param to an offset or a key. */
	#goTo(to: number, goTo: (successor: number) => void): void {
		const {blocks, blockAt} = this.#region
		const [dirty, isBeyond] = [this.#dirty, this.#isBeyond]
		const successor = blockAt.get(to)
		if (successor === undefined) {
			assert(to < copyDistance, 'a block in line is in the region')
			this.#jump(to)
		} else {
			const block = blocks[successor]!
			if (block.isBeyond && !isBeyond) this.#ensureNextPage(() => this.#jump(block.start))
			goTo(successor)
		}
		this.#dirty = dirty
		this.#isBeyond = isBeyond
	}

	// nextPageHolds || (nextPageHolds = nextPage(block, pageGva)) || otherwise
	#ensureNextPage(otherwise: () => void): void {
		const {code, block, pageGva, nextPage} = this.#context
		assert(nextPage, 'a region that relies on the next page can ask whether it holds')
		code.get(this.#nextPageHolds).op('i32.eqz').unlikely()
		code.if(undefined, () => {
			code.get(block).get(pageGva).call(nextPage).tee(this.#nextPageHolds).op('i32.eqz').unlikely()
			code.if(undefined, otherwise)
		})
	}

	#noteSite({offset, decoded}: RegionInstruction, behind: number): void {
		const {code} = this.#context
		const {mayTrap, mayBeIllegal} = traitsOf(decoded.instruction)
		if (!mayTrap) return
		code.i32(offset | (behind << siteShift)).set(this.#site)
		if (!mayBeIllegal) return
		code.i32(this.#region.page.bits(offset)).set(this.#bits)
	}

	#instruction({offset, decoded}: RegionInstruction, {lowering, behind}: {lowering: Lowering; behind: number}): void {
		const {code, budget} = this.#context
		const {instruction} = decoded
		this.#float.before(instruction, lowering.exits.illegal)
		for (const effect of instruction.effects) if (effect.effect !== 'system') lowering.effect(effect)
		const {system} = traitsOf(instruction)
		if (system === 'fence' && needsFence(this.#region.page.bits(offset), this.#context.hostOrder))
			code.op('atomic.fence')
		if (system === 'pause') code.call(this.#context.functions.of('pause'))
		this.#float.after(instruction)
		this.#dirty = this.#dirtyAfter(decoded)
		const status = lowering.csrStatus
		if (!status) return
		code.get(status).i32(CsrStatus.restart).op('i32.eq').unlikely()
		code.if(undefined, () => {
			code.get(budget).i32(behind).op('i32.add').set(budget)
			this.#leave(RegionStatus.restart, offset + decoded.length, this.#dirty)
		})
		code.release(status)
		this.#float.load()
	}

	#dirtyAfter(decoded: Decoded): RegisterSet {
		return this.#writesThrough ? noRegisters : union(this.#dirty, registersWritten(decoded))
	}

	#terminator(
		block: Block,
		{instruction, lowering, goTo}: {instruction: RegionInstruction; lowering: Lowering; goTo: (to: number) => void},
	): void {
		const {code} = this.#context
		const {terminator} = block
		const last = instruction.decoded.instruction.effects.at(-1)!
		switch (terminator.kind) {
			case 'jump':
				return this.#goTo(terminator.to, goTo)
			case 'branch':
				lowering.push((last as Extract<Effect, {effect: 'branch'}>).condition)
				code.if(undefined, () => this.#goTo(terminator.taken, goTo))
				return this.#goTo(terminator.to, goTo)
			case 'return':
			case 'computed':
				return this.#computedJump(lowering, {last, terminator, goTo})
			case 'enter':
				// The return address, for whatever leaves the callee in another way.
				for (const effect of instruction.decoded.instruction.effects)
					if (effect.effect === 'writeX') lowering.effect(effect)
				this.#dirty = this.#dirtyAfter(instruction.decoded)
				return this.#goTo(terminator.to, goTo)
			case 'call':
				return this.#call({instruction, lowering, goTo, terminator})
			default:
				throw new Error('Invariant broken: a block that falls through has no jump at its end')
		}
	}

	// target == pageGva + landing → go on there; else leave for target
	#computedJump(
		lowering: Lowering,
		options: {
			last: Effect
			terminator: Extract<Block['terminator'], {kind: 'return' | 'computed'}>
			goTo: (to: number) => void
		},
	): void {
		const {code, block, budget, depth, enter, pageGva, registers} = this.#context
		const {last, terminator, goTo} = options
		const push = () => lowering.push((last as Extract<Effect, {effect: 'jumpRegister'}>).target)
		if (terminator.kind === 'return') {
			emitReturn(this.#context, {dirty: this.#dirty, pc: push, status: RegionStatus.jump})
			return
		}
		const target = code.local('i64')
		const distance = code.local('i64')
		push()
		code.tee(target).get(pageGva).op('i64.sub').set(distance)
		for (const landing of terminator.landings) {
			if (!this.#region.blockAt.has(landing)) continue
			code.get(distance).i64(BigInt(landing)).op('i64.eq')
			code.if(undefined, () => this.#goTo(landing, goTo))
		}
		registers.store(this.#dirty)
		code.get(block).get(budget).get(target).get(depth).returnCall(enter)
		code.release(target, distance)
	}

	// status = call(target); status | (pc != next) → return status; registers from the block
	#call(options: {
		instruction: RegionInstruction
		lowering: Lowering
		goTo: (to: number) => void
		terminator: Extract<Block['terminator'], {kind: 'call'}>
	}): void {
		const {instruction, lowering, goTo, terminator} = options
		const {code, block, budget, registers, depth, enter} = this.#context
		const target = code.local('i64')
		const status = code.local('i32')
		const last = instruction.decoded.instruction.effects.at(-1)!
		// rd and rs1 may be the same register: the target is evaluated first.
		if (last.effect === 'jumpRegister') lowering.push(last.target)
		else pushGva(this.#context, terminator.to!)
		code.set(target)
		for (const effect of instruction.decoded.instruction.effects)
			if (effect.effect === 'writeX') lowering.effect(effect)
		registers.store(this.#dirtyAfter(instruction.decoded))
		const next = this.#region.blockAt.get(terminator.next)
		if (next === undefined) {
			code.get(block).get(budget).get(target).get(depth).returnCall(enter)
		} else {
			pushCall(this.#context, {target, offset: terminator.to})
			code.set(status)
			code.get(block).memory('i32.load', offsets.budget).set(budget)
			code.get(status)
			code.get(block).memory('i64.load', offsets.pc)
			pushGva(this.#context, terminator.next)
			code.op('i64.ne', 'i32.or').unlikely()
			code.if(undefined, () => {
				emitUnwoundCount(this.#context, status)
				code.get(status).op('return')
			})
			emitChainCount(this.#context, 'returnsTaken')
			registers.load(this.#flow[next]!.needed)
			this.#float.load()
			this.#dirty = noRegisters
			this.#goTo(terminator.next, goTo)
		}
		code.release(target, status)
	}
}
