/**
 * Checks that the page after a region's own holds the region's code. The own page was compared when the region was
 * installed. The next page is a different one for each address that the first is mapped at, and changes independently.
 */

import {CodePage} from '../hart/index.ts'
import {pageBytes} from '../memory/index.ts'
import type {LookupForm} from '../tlb/index.ts'
import type {Code, FunctionReference, GlobalReference, Local, Signature} from '../wasm/index.ts'
import {pushSlot} from './enter.ts'

/** nextPage(block, pageGva): 0 or 1. */
export const nextPageSignature: Signature = {parameters: ['i32', 'i64'], results: ['i32']}

type Options = Readonly<{
	/** A variable, i64: the number of the last snapshot that matched. */
	known: GlobalReference
	/** The region's code in the next page. */
	pieces: readonly (readonly [offset: number, bytes: Uint8Array])[]
	form: LookupForm
	/** coverFromRegion() of the hart core: from then on stores to the bytes are noticed. */
	cover: FunctionReference
}>

// page = code page of pageGva + 4096, if of the present generation
// page && (page.snapshotNumber == known || (cover(pieces) && snapshot == pieces && (known = page.snapshotNumber, 1)))
export function emitNextPage(code: Code, {known, pieces, form, cover}: Options): void {
	const page = code.local('i32', 'page')
	const number = code.local('i64', 'number')
	const [block, target] = [code.parameter(0, 'block'), code.parameter(1, 'pageGva')]
	code.get(target).i64(BigInt(pageBytes)).op('i64.add').set(target)
	// The first slot's address is the code page's: slots come first in it.
	pushSlot(code, {block, target, form})
	code.tee(page).op('i32.eqz').unlikely()
	code.if(undefined, () => code.i32(0).op('return'))
	// Plain throughout: code pages belong to this vCPU, and so does this instance.
	code.get(page).memory('i64.load', CodePage.offset.snapshotNumber).tee(number).global(known).op('i64.eq').likely()
	code.if(undefined, () => code.i32(1).op('return'))
	for (const [offset, bytes] of pieces) {
		code.get(page).i32(offset).i32(bytes.length).call(cover).op('i32.eqz')
		code.if(undefined, () => code.i32(0).op('return'))
		emitComparison(code, {page, offset: CodePage.offset.snapshot + offset, bytes})
	}
	// The page began anew, and nothing is covered any more.
	code.get(page).memory('i64.load', CodePage.offset.snapshotNumber).get(number).op('i64.ne')
	code.if(undefined, () => code.i32(0).op('return'))
	code.get(number).setGlobal(known)
	code.i32(1)
}

type Word = Readonly<{
	size: number
	load: 'i64.load' | 'i32.load' | 'i32.load16_u'
	/** Compares the loaded value with the one at `place`; pushes whether they differ. */
	push(code: Code, view: DataView, place: number): void
}>

/** Longest first. Code consists of halfwords. */
const words: readonly Word[] = [
	{size: 8, load: 'i64.load', push: (code, view, place) => code.i64(view.getBigInt64(place, true)).op('i64.ne')},
	{size: 4, load: 'i32.load', push: (code, view, place) => code.i32(view.getInt32(place, true)).op('i32.ne')},
	{size: 2, load: 'i32.load16_u', push: (code, view, place) => code.i32(view.getUint16(place, true)).op('i32.ne')},
]

// page[offset …] == bytes || return 0
function emitComparison(code: Code, {page, offset, bytes}: {page: Local; offset: number; bytes: Uint8Array}): void {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
	let at = 0
	for (const {size, load, push} of words) {
		for (; at + size <= bytes.length; at += size) {
			code.get(page).unalignedMemory(load, offset + at)
			push(code, view, at)
			code.if(undefined, () => code.i32(0).op('return'))
		}
	}
}
