/** Decodes one slot of a code page when it is first executed. */

import {CodePage, lastParcel, Slot, slotBytesPerByte} from '../hart/index.ts'
import {type Decoded, decode} from '../isa/index.ts'
import type {SharedMemory} from '../memory/index.ts'
import {type Flow, handlerFor, handlerIndex, isDirectJump} from './handlers.ts'
import {encodeSlot} from './slot-encoding.ts'

const across = handlerIndex('across')
const illegal = handlerIndex('illegal')
const region = handlerIndex('region')

/**
 * @param options.scratchPage the code page for an instruction that continues in the next guest page.
 * @param options.decoded called once per slot decoded.
 * @param options.cover makes the snapshot's bytes of the instruction those of memory: coverInstruction() of the hart core.
 * @param options.interpretAt word index of RunState.interpretAt.
 * @param options.region the table index of the translated region that runs at an offset of a code page, or −1.
 * @returns the interpreter's import `decode(codeBase, ip)`: fills the slot at ip.
 */
export function slotDecoder(
	memory: SharedMemory,
	options: {
		scratchPage: number
		cover: (codeBase: number, pageOffset: number) => void
		interpretAt: number
		decoded?: () => void
		region?: (codeBase: number, pageOffset: number) => number
	},
): (codeBase: number, ip: number) => void {
	// Plain throughout: code pages belong to this vCPU.
	const {u8, u16, i32, u32} = memory
	const put = (ip: number, handler: number, slot: SlotOperands): void => {
		u8[ip + Slot.offset.a] = slot.a
		u8[ip + Slot.offset.b] = slot.b
		i32[(ip + Slot.offset.c) >> 2] = slot.c
		u16[(ip + Slot.offset.handler) >> 1] = handler
	}
	const none = {a: 0, b: 0, c: 0}
	return (codeBaseSigned, ipSigned) => {
		// Wasm's i32 results are signed in JavaScript; offsets reach 4 GiB.
		const codeBase = codeBaseSigned >>> 0
		const ip = ipSigned >>> 0
		options.decoded?.()
		const pageOffset = (ip - codeBase) / slotBytesPerByte
		const isInterpreted = u32[options.interpretAt] === ip
		if (isInterpreted) u32[options.interpretAt] = 0
		const tableIndex = isInterpreted ? -1 : (options.region?.(codeBase, pageOffset) ?? -1)
		if (tableIndex >= 0) return put(ip, region, {...none, c: tableIndex})
		const inScratchPage = codeBase === options.scratchPage
		if (!inScratchPage) options.cover(codeBase, pageOffset)
		const parcel = (codeBase + CodePage.offset.snapshot + pageOffset) / 2
		const low = u16[parcel] ?? 0
		const isLong = (low & 3) === 3
		if (isLong && pageOffset === lastParcel && !inScratchPage) return put(ip, across, none)
		const word = isLong ? low | ((u16[parcel + 1] ?? 0) << 16) : low
		const form = forms.get(word) ?? formOf(word)
		if (form.distance === undefined) return put(ip, form.handlers.far, form.slot)
		const flow = flowOf({pageOffset, distance: form.distance, inScratchPage})
		put(ip, form.handlers[flow], flow === 'far' ? form.slot : form.nearSlot)
	}
}

type SlotOperands = Readonly<{a: number; b: number; c: number}>

/** An instruction word's slot, as far as it does not depend on where the word lies. */
type Form = Readonly<{
	handlers: Readonly<Record<Flow, number>>
	slot: SlotOperands
	/** Of a direct jump within its page: c is the distance in slot bytes. */
	nearSlot: SlotOperands
	/** Of a direct jump: its immediate, bytes. */
	distance: number | undefined
}>

/** By instruction word; the two lowest bits distinguish a parcel from a 32-bit word. */
const forms = new Map<number, Form>()
/** Programs repeat their instructions; a hostile one must not fill the host's memory. */
const mostForms = 65_536

function formOf(word: number): Form {
	const form = newForm(decode(word))
	if (forms.size >= mostForms) forms.clear()
	forms.set(word, form)
	return form
}

function newForm(decoded: Decoded | undefined): Form {
	const none = {a: 0, b: 0, c: 0}
	const everywhere = (handler: number) => ({far: handler, forward: handler, backward: handler})
	if (!decoded) return {handlers: everywhere(illegal), slot: none, nearSlot: none, distance: undefined}
	const slot = encodeSlot(decoded)
	if (!isDirectJump(decoded.instruction)) {
		return {handlers: everywhere(handlerFor(decoded, 'far')), slot, nearSlot: slot, distance: undefined}
	}
	const handlers = {
		far: handlerFor(decoded, 'far'),
		forward: handlerFor(decoded, 'forward'),
		backward: handlerFor(decoded, 'backward'),
	}
	const distance = decoded.operands.imm
	return {handlers, slot, nearSlot: {...slot, c: distance * slotBytesPerByte}, distance}
}

function flowOf(jump: {pageOffset: number; distance: number; inScratchPage: boolean}): Flow {
	const to = jump.pageOffset + jump.distance
	if (jump.inScratchPage || to < 0 || to > lastParcel) return 'far'
	return jump.distance > 0 ? 'forward' : 'backward'
}
