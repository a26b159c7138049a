/** The interpreter: one WebAssembly function over decoded slots, generated from the instruction list. */

import {
	allCoreNames,
	CalledFunctions,
	type HostOrder,
	MemoryAccess,
	maximumCallDepth,
	offsets,
	RegionStatus,
	regionSignature,
	storeTable,
	type TableLocals,
	tableLocals,
	hostOrder as thisHost,
} from '../codegen/index.ts'
import {CodePage, Slot, SlotHandler} from '../hart/index.ts'
import {
	descriptorLog2Mask,
	generationMask,
	type LookupForm,
	lookupForm,
	type TlbDesign,
	TlbEntry,
	TlbTableTrailer,
	tlbDesign,
} from '../tlb/index.ts'
import {pointNames} from '../turns.ts'
import {
	type Code,
	type FunctionReference,
	type GlobalReference,
	type Label,
	type Local,
	ModuleBuilder,
} from '../wasm/index.ts'
import {emitHandler} from './emit-handler.ts'
import {emitFindCode, emitRunAcross} from './find-code.ts'
import {handlers} from './handlers.ts'
import {emitTrap, emitUnretire} from './retirement.ts'
import {ExitReason, type RunContext} from './run-context.ts'
import {type Cursor, pushInstructionBits, pushPc} from './slot-operands.ts'

/** Between two looks at the clock: some 60 µs. */
const interpretedInstructions = 2048

/**
 * Imports `env.memory` and, from `hart`, the hart core's functions; for the translator,
 * `env.regions` (the vCPU's function table), `env.hotThreshold` (jumps to one place that make it hot, from 1; counters
 * have 16 bits) and `env.hot(codeBase, ip, pageGva)`.
 * Exports `run(block, budget): ExitReason`, which executes about `budget` instructions from the block's pc on.
 *
 * @param options.design the machine's, on top of defaultTlbDesign. @param options.hostOrder default: this host's.
 * @param options.turnDistance instructions between two calls of `env.passTurn(point)`, a power of two; default 0: it is not called.
 */
export function buildInterpreter(
	options: Readonly<{design?: Partial<TlbDesign>; hostOrder?: HostOrder; turnDistance?: number}> = {},
): Uint8Array<ArrayBuffer> {
	const form = lookupForm(tlbDesign(options.design))
	const {hostOrder = thisHost, turnDistance = 0} = options
	const module = new ModuleBuilder()
	module.importSharedMemory('env', 'memory')
	const hot = module.importFunction('env', 'hot', {parameters: ['i32', 'i32', 'i64'], results: []})
	const passTurn = turnDistance > 0 && module.importFunction('env', 'passTurn', {parameters: ['i32'], results: ['i32']})
	module.importTable('env', 'regions')
	const hotThreshold = module.importGlobal('env', 'hotThreshold', 'i32')
	const functions = new CalledFunctions(module, {names: allCoreNames, multiplyHigh: true, caller: 'interpreter'})
	module.function(
		'run',
		{parameters: ['i32', 'i32'], results: ['i32']},
		(code) =>
			emitRun(code, {
				functions,
				hot,
				hotThreshold,
				form,
				hostOrder,
				turn: passTurn && {passTurn, turnDistance},
			}),
		{exported: true},
	)
	return module.toBytes()
}

function emitRun(
	code: Code,
	options: {
		functions: CalledFunctions
		hot: FunctionReference
		hotThreshold: GlobalReference
		form: LookupForm
		hostOrder: HostOrder
		turn: false | Readonly<{passTurn: FunctionReference; turnDistance: number}>
	},
): void {
	const {functions, hot, hotThreshold, form, hostOrder, turn} = options
	const block = code.parameter(0)
	const budget = code.parameter(1)
	const [ip, codeBase] = [code.local('i32'), code.local('i32')]
	const [pageGva, target] = [code.local('i64'), code.local('i64')]
	const data = tableLocals(code, form)
	const fetch = tableLocals(code, form)
	const generation = code.local('i32')
	const cursor: Cursor = {block, ip, codeBase, pageGva}
	const memory = new MemoryAccess({code, block, budget, table: data, form, hostOrder, sharing: 'shared', functions})
	const loadTables = (): void => {
		emitLoadTable(code, {block, regime: offsets.dataRegime, table: data, form})
		emitLoadTable(code, {block, regime: offsets.fetchRegime, table: fetch, form})
		code.get(block).memory('i32.load', offsets.codeGeneration).set(generation)
		// Plain: only regions on this vCPU read these.
		storeTable(code, {block, kind: 'data', table: data})
		storeTable(code, {block, kind: 'fetch', table: fetch})
		// The mask is the last entry's offset; the trailer follows that entry.
		code.get(block).get(data.table).get(data.mask).op('i32.add')
		code
			.i32(TlbEntry.size + TlbTableTrailer.offset.lastPages)
			.op('i32.add')
			.memory('i32.store', offsets.lastPages)
	}
	const weight = code.local('i32')
	const leftAt = code.local('i32')
	const countJump = (): void => emitCountJump(code, {cursor, weight, hot, hotThreshold})
	const leave = (reason: number): void => {
		emitUnretire(code, block, budget)
		code.i32(reason).op('return')
	}

	code.i32(1).set(weight)
	// instret includes the whole slice from its start: at any time, retired = instret − budget − reserve.
	code.get(block).get(block).memory('i64.load', offsets.instret).get(budget).op('i64.extend_i32_s', 'i64.add')
	code.memory('i64.store', offsets.instret)
	emitRation(code, {block, budget})

	code.loop('restart', (restart) => {
		emitNextRation(code, {block, budget, functions})
		memory.syncBudget()
		emitTakeInterrupt(code, {block, functions})
		pushSafepoint(code, {block, budget})
		code.if(undefined, () => leave(ExitReason.slice))
		loadTables()
		code.get(block).memory('i64.load', offsets.pc).set(target)
		code.block('trap', (trap) => {
			code.block('illegal', (illegal) => {
				code.loop('far', (far) => {
					// Safepoint: every far jump passes here.
					pushSafepoint(code, {block, budget})
					code.if(undefined, () => {
						code.get(block).get(target).memory('i64.store', offsets.pc).br(restart)
					})
					const fault = (): void => {
						// The block holds the pc. An instruction that cannot be fetched does not retire.
						code.get(budget).i32(1).op('i32.sub').set(budget)
						emitTrap(code, {block, budget, functions})
						code.br(restart)
					}
					emitFindCode(code, {cursor, target, fetch, generation, form, functions, fault, loadTables})
					code.loop('found', (found) => {
						code.block('region', (region) => {
							code.get(ip).memory('i32.load16_u', Slot.offset.handler).i32(SlotHandler.region).op('i32.eq').brIf(region)
							countJump()
							code.loop('next', (next) => {
								code.get(budget).i32(1).op('i32.sub').set(budget)
								if (turn) emitPassTurn(code, {budget, ...turn})
								const labels = {next, far, restart, trap, illegal, region}
								emitDispatch({
									code,
									cursor,
									budget,
									target,
									weight,
									memory,
									functions,
									labels,
									leave,
									countJump,
									loadTables,
								})
							})
						})
						emitRunRegion(code, {
							cursor,
							budget,
							leftAt,
							target,
							functions,
							far,
							restart,
							across: () => {
								emitRunAcross(code, {cursor, target, functions, fault, loadTables})
								code.br(found)
							},
						})
					})
				})
				code.op('unreachable')
			})
			// illegal: raise(2, the instruction's bits)
			code.i32(2)
			pushInstructionBits(code, cursor)
			code.op('i64.extend_i32_u').call(functions.of('raise'))
		})
		// trap: pc = the faulting instruction's; it has not retired
		code.get(block)
		pushPc(code, cursor)
		code.memory('i64.store', offsets.pc)
		emitTrap(code, {block, budget, functions})
		code.br(restart)
	})
	code.op('unreachable')
}

// counter = counters[slot] + weight; weight = 1; counter == hotThreshold → hot(codeBase, ip, pageGva)
function emitCountJump(
	code: Code,
	options: {cursor: Cursor; weight: Local; hot: FunctionReference; hotThreshold: GlobalReference},
): void {
	const {cursor, weight, hot, hotThreshold} = options
	const place = code.local('i32')
	const counter = code.local('i32')
	const {codeBase, ip, pageGva} = cursor
	// A slot is 8 bytes, its counter 2.
	code.get(ip).get(codeBase).op('i32.sub').i32(2).op('i32.shr_u').get(codeBase).op('i32.add').tee(place)
	code.memory('i32.load16_u', CodePage.offset.counters).get(weight).op('i32.add').set(counter)
	code.i32(1).set(weight)
	code.get(place).get(counter).memory('i32.store16', CodePage.offset.counters)
	code.get(counter).global(hotThreshold).op('i32.eq')
	code.if(undefined, () => code.get(codeBase).get(ip).get(pageGva).call(hot))
	code.release(place, counter)
}

// status = regions[slot.c](block, budget, pageGva, depth)
// jump → far, at the block's pc; restart → restart; trap → take the trap, restart; across → across
function emitRunRegion(
	code: Code,
	options: {
		cursor: Cursor
		budget: Local
		/** The budget when the last region ended with a jump; −1 if it ended otherwise. */
		leftAt: Local
		target: Local
		functions: RunContext['functions']
		far: Label
		restart: Label
		/** Continues with the one instruction at `target`. */
		across(): void
	},
): void {
	const {cursor, budget, leftAt, target, functions, far, restart} = options
	const {block, ip, pageGva} = cursor
	const status = code.local('i32')
	// Plain: only this vCPU writes its counters.
	const count = (field: number, push: () => void): void => {
		code.get(block).get(block).memory('i64.load', field)
		push()
		code.op('i64.add').memory('i64.store', field)
	}
	count(offsets.regionEntries, () => code.i64(1n))
	// Nothing has been interpreted since the last region.
	count(offsets.regionReentries, () => code.get(budget).get(leftAt).op('i32.eq', 'i64.extend_i32_u'))
	// All that is left of the slice is the region's, in rations.
	const left = code.local('i32')
	const ration = code.local('i32')
	code.get(budget).get(block).memory('i32.load', offsets.reserve).op('i32.add').set(left)
	count(offsets.instructionsTranslated, () => code.get(left).op('i64.extend_i32_s'))
	code.get(block).get(left).memory('i32.store', offsets.reserve)
	code.i32(0).call(functions.of('ration')).set(ration)
	code.get(block).get(ration).get(pageGva).i32(maximumCallDepth)
	code.get(ip).memory('i32.load', Slot.offset.c).callIndirect(regionSignature).set(status)
	code.get(block).memory('i32.load', offsets.budget)
	code.get(block).memory('i32.load', offsets.reserve).op('i32.add').set(left)
	count(offsets.instructionsTranslated, () => code.i64(0n).get(left).op('i64.extend_i32_s', 'i64.sub'))
	// The interpreter's own ration is as before, since it has interpreted nothing.
	code.get(budget).get(left).get(budget).get(left).op('i32.lt_s', 'select').set(budget)
	code.get(block).get(left).get(budget).op('i32.sub').memory('i32.store', offsets.reserve)
	code.get(budget).i32(-1).get(status).op('i32.eqz', 'select').set(leftAt)
	const exits = code.local('i32')
	code.get(status).i32(3).op('i32.shl').get(block).op('i32.add').tee(exits)
	code.get(exits).memory('i64.load', offsets.regionExits).i64(1n).op('i64.add').memory('i64.store', offsets.regionExits)
	code.get(block).memory('i64.load', offsets.pc).set(target)
	code.get(status).op('i32.eqz').brIf(far)
	code.get(status).i32(RegionStatus.across).op('i32.eq')
	code.if(undefined, options.across)
	code.get(status).i32(RegionStatus.trap).op('i32.eq')
	code.if(undefined, () => emitTrap(code, {block, budget, functions}))
	code.br(restart)
	code.release(status, left, ration, exits)
}

// reserve = budget − ration; budget = ration = min(budget, interpretedInstructions)
function emitRation(code: Code, {block, budget}: {block: Local; budget: Local}): void {
	const ration = code.local('i32')
	pushLess(code, budget, interpretedInstructions)
	code.set(ration)
	// Plain, as budget: only this vCPU uses it.
	code.get(block).get(budget).get(ration).op('i32.sub').memory('i32.store', offsets.reserve)
	code.get(ration).set(budget)
	code.release(ration)
}

// budget < 1 && reserve > 0 → lookAtClock(); the next ration
function emitNextRation(
	code: Code,
	{block, budget, functions}: {block: Local; budget: Local; functions: RunContext['functions']},
): void {
	code.get(budget).i32(1).op('i32.lt_s')
	code.get(block).memory('i32.load', offsets.reserve).i32(0).op('i32.gt_s', 'i32.and')
	code.if(undefined, () => {
		code.call(functions.of('clock'))
		code.get(block).memory('i32.load', offsets.reserve).get(budget).op('i32.add').set(budget)
		emitRation(code, {block, budget})
	})
}

// In serial mode: budget % distance == 0 → another thread may have its turn
function emitPassTurn(
	code: Code,
	{budget, passTurn, turnDistance}: {budget: Local; passTurn: FunctionReference; turnDistance: number},
): void {
	code
		.get(budget)
		.i32(turnDistance - 1)
		.op('i32.and', 'i32.eqz')
	code.if(undefined, () => code.i32(pointNames.indexOf('instruction')).call(passTurn).op('drop'))
}

function pushLess(code: Code, value: Local, limit: number): void {
	code.get(value).i32(limit).get(value).i32(limit).op('i32.lt_s', 'select')
}

// Pushes budget <= 0 | doorbell. Atomic: writes before the ring are visible after it. Pairs with VcpuBlocks.ring().
function pushSafepoint(code: Code, {block, budget}: {block: Local; budget: Local}): void {
	code.get(budget).i32(1).op('i32.lt_s').get(block).memory('i32.atomic.load', offsets.doorbell).op('i32.or')
}

// ((pendingInterrupts | mipSoftware) & mie) != 0 → takeInterrupt(), which sets pc when it takes one
function emitTakeInterrupt(code: Code, {block, functions}: {block: Local; functions: RunContext['functions']}): void {
	// Atomic: the device state behind an interrupt is visible after it. Pairs with VcpuBlocks.raise().
	code.get(block).memory('i32.atomic.load', offsets.pendingInterrupts)
	code.get(block).memory('i32.load', offsets.mipSoftware).op('i32.or')
	code.get(block).memory('i32.load', offsets.mie).op('i32.and')
	code.if(undefined, () => {
		code.call(functions.of('takeInterrupt')).op('drop')
	})
}

// word = descriptor[regime]; table = word & ~0xfff; mask = ((1 << (word & 0x1f)) − 1) × entry size;
// stamp = bias + (word & 0xfe0)
function emitLoadTable(
	code: Code,
	{
		block,
		regime,
		table: {table, mask, stamp},
		form,
	}: {block: Local; regime: number; table: TableLocals; form: LookupForm},
): void {
	code.get(block).get(block).memory('i32.load', regime).i32(2).op('i32.shl', 'i32.add')
	// Atomic: a table's cleared entries are visible after its address. Pairs with the publishing exchange in src/tlb.
	code.memory('i32.atomic.load', offsets.descriptor).tee(table)
	code.i32(descriptorLog2Mask).op('i32.and').set(mask)
	code.i32(TlbEntry.size).get(mask).op('i32.shl').i32(TlbEntry.size).op('i32.sub').set(mask)
	if (stamp)
		code.get(table).i32(generationMask).op('i32.and').i32(form.bias).op('i32.add', 'i64.extend_i32_u').set(stamp)
	code
		.get(table)
		.i32(~(descriptorLog2Mask | generationMask))
		.op('i32.and')
		.set(table)
}

/** Nested blocks, innermost the br_table: handler n's code follows the end of block n. */
function emitDispatch(context: RunContext): void {
	const {code, cursor} = context
	const labels: Label[] = []
	const nest = (depth: number): void => {
		const handler = handlers[depth - 1]
		if (!handler) {
			code.get(cursor.ip).memory('i32.load16_u', Slot.offset.handler)
			// An index past the last handler cannot occur: the decoder writes only known ones.
			code.brTable(labels.slice().reverse(), labels[0] as Label)
			return
		}
		code.block(handler.key, (label) => {
			labels.push(label)
			nest(depth - 1)
		})
		emitHandler(context, handler)
	}
	nest(handlers.length)
}
