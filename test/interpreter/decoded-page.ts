/** A page of instructions in a hart core, which decodes them one by one. */
import {CodePage, Slot} from '../../src/hart/index.ts'
import {handlers} from '../../src/interpreter/index.ts'
import {ramBase} from '../../src/memory/index.ts'
import {HartCore} from '../hart/core/hart-core.ts'

const gva = BigInt(ramBase)

export class DecodedPage {
	readonly hart = new HartCore()
	readonly scratch = this.hart.core.scratchCodePage() >>> 0

	/** Writes instructions at page offsets and fetches the page. */
	constructor(words: Readonly<Record<number, number>>) {
		const {u16} = this.hart.memory
		for (const [offset, word] of Object.entries(words)) {
			const at = (this.hart.ramOffset(ramBase) + Number(offset)) / 2
			u16[at] = word & 0xffff
			if ((word & 3) === 3) u16[at + 1] = word >>> 16
		}
	}

	/** Decodes one slot, by default of the fetched page. */
	slot(offset: number, page = Number(this.hart.fetch(gva))): {handler: string; a: number; b: number; c: number} {
		const ip = page + CodePage.offset.slots + (offset / 2) * Slot.size
		this.hart.core.decode(page, ip)
		return this.read(offset, page)
	}

	read(offset: number, page = Number(this.hart.fetch(gva))): {handler: string; a: number; b: number; c: number} {
		const {u8, u16, i32} = this.hart.memory
		const ip = page + CodePage.offset.slots + (offset / 2) * Slot.size
		return {
			handler: handlers[u16[(ip + Slot.offset.handler) / 2]!]!.key,
			a: u8[ip + Slot.offset.a]!,
			b: u8[ip + Slot.offset.b]!,
			c: i32[(ip + Slot.offset.c) / 4]!,
		}
	}
}
