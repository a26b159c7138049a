/** Decodes one slot of a code page when it is first executed. */

import {CodePage, lastParcel, Slot, slotBytesPerByte} from '../hart/index.ts'
import type {SharedMemory} from '../memory/index.ts'
import {handlerIndex} from './handlers.ts'
import {SlotForms} from './slot-forms.ts'

const across = handlerIndex('across')
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
	const forms = new SlotForms()
	const put = (ip: number, handler: number, a: number, b: number, c: number): void => {
		u8[ip + Slot.offset.a] = a
		u8[ip + Slot.offset.b] = b
		i32[(ip + Slot.offset.c) >> 2] = c
		u16[(ip + Slot.offset.handler) >> 1] = handler
	}
	return (codeBaseSigned, ipSigned) => {
		// Wasm's i32 results are signed in JavaScript; offsets reach 4 GiB.
		const codeBase = codeBaseSigned >>> 0
		const ip = ipSigned >>> 0
		options.decoded?.()
		const pageOffset = (ip - codeBase) / slotBytesPerByte
		const isInterpreted = u32[options.interpretAt] === ip
		if (isInterpreted) u32[options.interpretAt] = 0
		const tableIndex = isInterpreted ? -1 : (options.region?.(codeBase, pageOffset) ?? -1)
		if (tableIndex >= 0) return put(ip, region, 0, 0, tableIndex)
		const inScratchPage = codeBase === options.scratchPage
		if (!inScratchPage) options.cover(codeBase, pageOffset)
		const parcel = (codeBase + CodePage.offset.snapshot + pageOffset) / 2
		const low = u16[parcel] ?? 0
		const isLong = (low & 3) === 3
		if (isLong && pageOffset === lastParcel && !inScratchPage) return put(ip, across, 0, 0, 0)
		const word = isLong ? low | ((u16[parcel + 1] ?? 0) << 16) : low
		const form = forms.of(word)
		const [a, b, c] = [forms.a(form), forms.b(form), forms.c(form)]
		const to = pageOffset + c
		const leavesPage = inScratchPage || to < 0 || to > lastParcel
		if (!forms.isDirectJump(form) || leavesPage) return put(ip, forms.far(form), a, b, c)
		// Within the page c is the distance in slot bytes.
		put(ip, c > 0 ? forms.forward(form) : forms.backward(form), a, b, c * slotBytesPerByte)
	}
}
