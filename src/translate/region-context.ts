/** What the emitters of one region's function share. */
import type {CalledFunctions, HostOrder, Sharing} from '../codegen/index.ts'
import {SlotHandler} from '../hart/index.ts'
import type {TlbDesign} from '../tlb/index.ts'
import type {Code, FunctionReference, GlobalReference, Local} from '../wasm/index.ts'
import {emitChainCount} from './chain-count.ts'
import type {ProbeTag} from './probe.ts'
import type {RegisterLocals} from './register-locals.ts'
import type {RegisterSet} from './register-set.ts'

/** Another region of the same module. */
export type Sibling = Readonly<{
	function: FunctionReference
	/** Its index in the module's element segment. */
	index: number
	/** In the same guest-physical page: the caller's own mapping and bytes vouch for it. */
	samePage: boolean
	/** Its last argument, where it is to go on; undefined if it takes none. */
	resumesAt: number | undefined
}>

export type ModuleContext = Readonly<{
	functions: CalledFunctions
	/** `enter(block, budget, target, depth)`: a jump to any address. */
	enter: FunctionReference
	/** The same for a call; a function of its own only if chains are counted. */
	enterCall: FunctionReference
	/** `leave(block, budget, pc, status)`: the end of a region's function. */
	leave: FunctionReference
	/** `trap(block, budget, pageGva, site, bits)`: the same after an exception. */
	trap: FunctionReference
	/** `slotOf(block, target)`: the address of the slot at a target, or 0. */
	slotOf: FunctionReference
	fusedMultiplyAdd: FunctionReference | 'relaxed'
	probes: Readonly<Record<ProbeTag, FunctionReference>>
	design: TlbDesign
	hostOrder: HostOrder
	sharing: Sharing
	countChains: boolean
	/** Where the module's functions begin in the vCPU's table. */
	base: GlobalReference
}>

/** What is particular to one region. */
export type RegionOptions = Readonly<{
	/** The region that begins at an offset, which may lie in any page. */
	sibling(offset: number): Sibling | undefined
	/**
	 * `nextPage(block, pageGva)`: whether the next page holds the region's code. Undefined if the region is in one page.
	 */
	nextPage: FunctionReference | undefined
	/** Of a base register. */
	roamingId(register: number): number
	/** Base registers that roam. */
	roams: ReadonlySet<number>
}>

export type RegionContext = ModuleContext &
	RegionOptions &
	Readonly<{
		code: Code
		block: Local
		budget: Local
		pageGva: Local
		depth: Local
		registers: RegisterLocals
	}>

/** Pushes pageGva + offset. */
export function pushGva({code, pageGva}: RegionContext, offset: number): void {
	code.get(pageGva)
	if (offset !== 0) code.i64(BigInt(offset)).op('i64.add')
}

// registers, pc and budget → the block; return status
export function emitReturn(
	{code, block, budget, registers, leave}: RegionContext,
	options: {dirty: RegisterSet; pc: () => void; status: number},
): void {
	registers.store(options.dirty)
	code.get(block).get(budget)
	options.pc()
	code.i32(options.status).returnCall(leave)
}

// budget < 1 && (budget = poll()) < 1 → leave
export function emitSafepoint({code, budget, functions}: RegionContext, leave: () => void): void {
	code.get(budget).i32(1).op('i32.lt_s').unlikely()
	code.if(undefined, () => {
		code.get(budget).call(functions.of('poll')).tee(budget).i32(1).op('i32.lt_s').unlikely().if(undefined, leave)
	})
}

/**
 * Leaves for a known offset by a tail call: of the sibling there if it is installed, else of `enter`. Registers are in
 * the block.
 */
export function emitJump(context: RegionContext, offset: number): void {
	const {code, block, budget, depth} = context
	const sibling = context.sibling(offset)
	const target = code.local('i64')
	const arguments_ = (page: () => void): void => {
		code.get(block).get(budget)
		page()
		code.get(depth)
	}
	const direct = (to: Sibling, page: () => void): void => {
		emitChainCount(context, 'directJumps')
		arguments_(page)
		if (to.resumesAt !== undefined) code.i32(to.resumesAt)
		code.returnCall(to.function)
	}
	if (sibling?.samePage) {
		direct(sibling, () => code.get(context.pageGva))
	} else {
		pushGva(context, offset)
		code.set(target)
		if (sibling) {
			pushIsInstalled(context, {target, sibling})
			code.if(undefined, () => direct(sibling, () => pushPage(code, target)))
		}
		arguments_(() => code.get(target))
		code.returnCall(context.enter)
	}
	code.release(target)
}

/**
 * Calls, and pushes the status. Registers are in the block.
 * @param target its address.
 * @param offset its page offset, if known.
 */
export function pushCall(context: RegionContext, {target, offset}: {target: Local; offset: number | undefined}): void {
	const {code, block, budget, depth} = context
	const sibling = offset === undefined ? undefined : context.sibling(offset)
	const inner = (): void => {
		code.get(depth).i32(1).op('i32.sub')
	}
	const enter = (): void => {
		code.get(block).get(budget).get(target)
		inner()
		code.call(context.enterCall)
	}
	const direct = (page: () => void): void => {
		emitChainCount(context, 'directCalls')
		code.get(block).get(budget)
		page()
		inner()
		if (sibling!.resumesAt !== undefined) code.i32(sibling!.resumesAt)
		code.call(sibling!.function)
	}
	if (!sibling) return enter()
	if (sibling.samePage) {
		code.get(depth).i32(1).op('i32.ge_s')
		code.if('i32', () => direct(() => code.get(context.pageGva)), enter)
		return
	}
	pushIsInstalled(context, {target, sibling})
	code.get(depth).i32(1).op('i32.ge_s', 'i32.and')
	code.if('i32', () => direct(() => pushPage(code, target)), enter)
}

function pushPage(code: Code, target: Local): void {
	code.get(target).i64(-0x1000n).op('i64.and')
}

// entry = fetch table[target]; entry.execTag == tag of page(target) && entry.code.generation == generation && slot ==
// the sibling's
function pushIsInstalled(context: RegionContext, {target, sibling}: {target: Local; sibling: Sibling}): void {
	const {code} = context
	code.get(context.block).get(target).call(context.slotOf)
	// Without a slot the address is 0, where shared memory is unused and zero.
	code.memory('i64.load', 0)
	code.global(context.base).i32(sibling.index).op('i32.add', 'i64.extend_i32_u').i64(32n).op('i64.shl')
	code.i64(BigInt(SlotHandler.region)).op('i64.or', 'i64.eq')
}
