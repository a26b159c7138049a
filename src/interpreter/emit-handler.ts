/** Emits one handler: the code that executes one form of one instruction and dispatches the next slot. */

import {type CoreName, emitMarkDirty, Lowering, offsets, pushFloatingPointOff} from '../codegen/index.ts'
import {CsrStatus, FenceStatus, Slot, WfiStatus} from '../hart/index.ts'
import {type Effect, type SystemName, traitsOf} from '../isa/index.ts'
import type {Local} from '../wasm/index.ts'
import type {Handler, InstructionHandler, OwnHandler} from './handlers.ts'
import {acrossSlot, ExitReason, type RunContext} from './run-context.ts'
import {registerBytes} from './slot-encoding.ts'
import {pushPc, SlotOperands} from './slot-operands.ts'

/** ra, as slots encode it. */
const returnAddressRegister = 1 * registerBytes

export function emitHandler(context: RunContext, handler: Handler): void {
	if (handler.kind === 'own') emitOwn(context, handler.key)
	else emitInstruction(context, handler)
}

// --- the interpreter's own ------------------------------------------------------------------------

function emitOwn(context: RunContext, key: OwnHandler['key']): void {
	const {code, cursor, labels} = context
	switch (key) {
		case 'decode':
			unspend(context)
			code.get(cursor.codeBase).get(cursor.ip).call(context.functions.of('decode')).br(labels.next)
			return
		case 'page-end':
			unspend(context)
			pushPc(code, cursor)
			code.set(context.target).br(labels.far)
			return
		case 'across':
			return emitAcross(context)
		case 'illegal':
			code.br(labels.illegal)
			return
		case 'nop2':
			return advance(context, 2)
		case 'nop4':
			return advance(context, 4)
		case 'region':
			unspend(context)
			code.br(labels.region)
	}
}

// The slot was not an instruction: gives its unit of budget back.
function unspend({code, budget}: RunContext): void {
	code.get(budget).i32(1).op('i32.add').set(budget)
}

// page = fetchAcross(pc); page == 0 → trap; reload the tables; continue at the same offset of the scratch page
function emitAcross(context: RunContext): void {
	const {code, cursor, functions, labels} = context
	const page = code.local('i32')
	pushPc(code, cursor)
	code.call(functions.of('fetchAcross')).tee(page).op('i32.eqz').brIf(labels.trap)
	// A full code cache flushes this vCPU's tables, whose entries point at code pages that now hold other code.
	context.loadTables()
	unspend(context)
	code.get(page).set(cursor.codeBase)
	code.get(page).i32(acrossSlot).op('i32.add').set(cursor.ip).br(labels.next)
	code.release(page)
}

// ip += slots of the instruction; next
function advance({code, cursor, labels}: RunContext, length: 2 | 4): void {
	code
		.get(cursor.ip)
		.i32((length / 2) * Slot.size)
		.op('i32.add')
		.set(cursor.ip)
		.br(labels.next)
}

// --- instructions ---------------------------------------------------------------------------------

function emitInstruction(context: RunContext, handler: InstructionHandler): void {
	const {code, cursor, functions, labels, memory} = context
	const {instruction, length, rdIsZero} = handler
	const operands = new SlotOperands({code, cursor, instruction, length, rdIsZero})
	const lowering = new Lowering({code, operands, memory, functions, exits: labels})
	if (instruction.floatingPoint) {
		pushFloatingPointOff(code, cursor.block)
		code.brIf(labels.illegal)
	}
	const {effects} = instruction
	const last = effects.at(-1)
	// rd and rs1 may be the same register: the target is evaluated first.
	if (last?.effect === 'jumpRegister') {
		lowering.push(last.target)
		code.set(context.target)
	}
	for (const effect of effects) if (!isControlFlow(effect) && !isDropped(effect, handler)) lowering.effect(effect)
	if (traitsOf(instruction).dirtiesFloat) emitMarkDirty(code, cursor.block)
	if (last && isControlFlow(last)) return emitControlFlow(context, {effect: last, handler, lowering})
	if (lowering.csrStatus) emitCsrRestart(context, lowering.csrStatus, length)
	advance(context, length)
}

function isControlFlow({effect}: Effect): boolean {
	return effect === 'branch' || effect === 'jump' || effect === 'jumpRegister' || effect === 'system'
}

// A link to x0 has no effect.
function isDropped(effect: Effect, {rdIsZero}: InstructionHandler): boolean {
	return rdIsZero && effect.effect === 'writeX' && effect.value.op === 'nextPc'
}

// status == restart → pc = next instruction; restart
function emitCsrRestart({code, cursor, labels}: RunContext, status: Local, length: 2 | 4): void {
	code
		.get(status)
		.i32(CsrStatus.restart)
		.op('i32.eq')
		.if(undefined, () => {
			code.get(cursor.block)
			pushPc(code, cursor, length)
			code.memory('i64.store', offsets.pc).br(labels.restart)
		})
	code.release(status)
}

function emitControlFlow(
	context: RunContext,
	options: {effect: Effect; handler: InstructionHandler; lowering: Lowering},
): void {
	const {effect, handler, lowering} = options
	if (effect.effect === 'system') return emitSystem(context, effect.name, handler)
	if (effect.effect === 'jumpRegister') {
		if (handler.rdIsZero) emitReturnWeight(context)
		context.code.br(context.labels.far)
		return
	}
	if (effect.effect !== 'branch') return emitDirectJump(context, options)
	lowering.push(effect.condition)
	context.code.if(undefined, () => emitDirectJump(context, options))
	advance(context, handler.length)
}

// weight = rs1 != ra || budget % 8 == 0
// A return counts one eighth: return points are as hot as the calls, and a region of each would repeat the rest of the
// function.
function emitReturnWeight({code, cursor, budget, weight}: RunContext): void {
	code.get(cursor.ip).memory('i32.load8_u', Slot.offset.b).i32(returnAddressRegister).op('i32.ne')
	code.get(budget).i32(7).op('i32.and', 'i32.eqz', 'i32.or').set(weight)
}

// forward: ip += c. backward: the same, and a safepoint. far: target = pc + imm, through the TLB
function emitDirectJump(context: RunContext, {handler}: {handler: InstructionHandler}): void {
	const {code, cursor, labels, target} = context
	if (handler.flow === 'far') {
		pushPc(code, cursor)
		code.get(cursor.ip).memory('i64.load32_s', Slot.offset.c).op('i64.add').set(target).br(labels.far)
		return
	}
	code.get(cursor.ip).get(cursor.ip).memory('i32.load', Slot.offset.c).op('i32.add').set(cursor.ip)
	if (handler.flow === 'backward') {
		code.get(context.budget).i32(1).op('i32.lt_s')
		// Atomic: writes before the ring are visible after it. The safepoint of a loop; pairs with VcpuBlocks.ring().
		code
			.get(cursor.block)
			.memory('i32.atomic.load', offsets.doorbell)
			.op('i32.or')
			.if(undefined, () => {
				storePc(context, 0)
				code.br(labels.restart)
			})
		context.countJump()
	}
	code.br(labels.next)
}

function storePc({code, cursor}: RunContext, extra: number): void {
	code.get(cursor.block)
	pushPc(code, cursor, extra)
	code.memory('i64.store', offsets.pc)
}

/** System instructions. Functions of the hart core return 0 for an illegal one; pc is set there or here. */
function emitSystem(context: RunContext, name: SystemName, {instruction, length}: InstructionHandler): void {
	const {code, cursor, functions, labels, memory} = context
	const call = (callee: CoreName) => code.call(functions.of(callee))
	switch (name) {
		case 'fence':
			// Orders all earlier accesses before all later ones, whatever pred and succ say. Pairs with fences and atomics of
			// other harts.
			code.op('atomic.fence')
			return advance(context, length)
		case 'pause':
			call('pause')
			return advance(context, length)
		case 'fence.i':
			call('fenceI')
			storePc(context, length)
			code.br(labels.restart)
			return
		case 'mret':
		case 'sret':
			memory.syncBudget()
			call(name).op('i32.eqz').brIf(labels.illegal).br(labels.restart)
			return
		case 'ebreak':
			code.i32(3)
			pushPc(code, cursor)
			call('raise').br(labels.trap)
			return
		case 'ecall':
			// The built-in SBI counts the ecall as retired and returns after it; a trap does neither.
			call('ecall').op('i32.eqz').brIf(labels.trap)
			storePc(context, length)
			context.leave(ExitReason.supervisorCall)
			return
		case 'wfi': {
			const status = code.local('i32')
			call('wfi').tee(status).op('i32.eqz').brIf(labels.illegal)
			code
				.get(status)
				.i32(WfiStatus.wait)
				.op('i32.eq')
				.if(undefined, () => {
					storePc(context, length)
					context.leave(ExitReason.waitForInterrupt)
				})
			code.release(status)
			return advance(context, length)
		}
		case 'sfence.w.inval':
			call('mayFenceTranslations').op('i32.eqz').brIf(labels.illegal)
			return advance(context, length)
		case 'sfence.inval.ir':
			call('sfenceInvalIr')
			return emitFenceStatus(context, length)
		case 'sinval.vma':
			pushFenceOperands(context, {instruction, length})
			call('sinval')
			return emitFenceStatus(context, length)
		case 'sfence.vma':
			pushFenceOperands(context, {instruction, length})
			call('sfence').op('i32.eqz').brIf(labels.illegal)
			storePc(context, length)
			code.br(labels.restart)
	}
}

function pushFenceOperands(
	{code, cursor}: RunContext,
	options: Pick<InstructionHandler, 'instruction' | 'length'>,
): void {
	const operands = new SlotOperands({code, cursor, ...options, rdIsZero: false})
	operands.registerNumber('rs1')
	operands.registerNumber('rs2')
	operands.readX('rs1')
	operands.readX('rs2')
}

// illegal → illegal; flushed → pc = next instruction; restart; done → next
function emitFenceStatus(context: RunContext, length: InstructionHandler['length']): void {
	const {code, labels} = context
	const status = code.local('i32')
	code.tee(status).op('i32.eqz').brIf(labels.illegal)
	code
		.get(status)
		.i32(FenceStatus.flushed)
		.op('i32.eq')
		.if(undefined, () => {
			storePc(context, length)
			code.br(labels.restart)
		})
	code.release(status)
	advance(context, length)
}
