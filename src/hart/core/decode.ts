/** Decodes an instruction when it is first executed, by a table that is made from the instruction list: src/hart/decoding-table.ts. */
import {
	CODE_PAGE_SNAPSHOT,
	COUNT_INSTRUCTIONS_DECODED,
	DECODING_BUCKET_END,
	DECODING_BUCKET_FIRST,
	DECODING_BUCKET_SIZE,
	DECODING_ROW_EXCEPTION_MASK,
	DECODING_ROW_EXCEPTION_MATCH,
	DECODING_ROW_HANDLERS,
	DECODING_ROW_HANDLERS_ZERO,
	DECODING_ROW_MASK,
	DECODING_ROW_MATCH,
	DECODING_ROW_SIGN_SHIFT,
	DECODING_ROW_SIZE,
	DECODING_ROW_SLICES,
	DECODING_ROW_SLOT,
	HANDLER_ACROSS,
	HANDLER_ILLEGAL,
	HANDLER_REGION,
	LAST_PARCEL,
	MOST_EXCEPTIONS,
	MOST_SLICES,
	PARCEL_BYTES,
	RUN_INTERPRET_AT,
	SLICE_TO,
	SLICE_WIDTH,
	SLOT_BYTES_PER_BYTE,
	WORD_BUCKETS,
} from '../../../build/hart/offsets'
import {coverInstruction, scratchCodePage} from './code-cache'
import {hart} from './hart'
import {regionAt} from './region-filter'

let table: u32 = 0

/** @param place of the table, which all harts only read: it was written before any of them ran. */
export function attachDecodingTable(place: u32): void {
	table = place
}

/** Fills a slot. Plain: code pages belong to this vCPU. @param ip its place, in the code page. */
export function decode(code: u32, ip: u32): void {
	store<u64>(hart, load<u64>(hart, COUNT_INSTRUCTIONS_DECODED) + 1, COUNT_INSTRUCTIONS_DECODED)
	store<u64>(ip, slotFor(code, ip))
}

function slotFor(code: u32, ip: u32): u64 {
	const offset = (ip - code) / SLOT_BYTES_PER_BYTE
	if (load<u32>(hart, RUN_INTERPRET_AT) == ip) store<u32>(hart, 0, RUN_INTERPRET_AT)
	else {
		const region = regionAt(code, offset)
		if (region >= 0) return ((<u64>region) << 32) | HANDLER_REGION
	}
	// Of an instruction that continues in the next guest page, or whose page PMP splits.
	const inScratchPage = code == scratchCodePage()
	if (!inScratchPage) coverInstruction(code, offset)
	const low: u32 = load<u16>(code + offset, CODE_PAGE_SNAPSHOT)
	if ((low & 3) != 3) return slotOf(low, offset, inScratchPage)
	if (offset == LAST_PARCEL && !inScratchPage) return HANDLER_ACROSS
	const high: u32 = load<u16>(code + offset + PARCEL_BYTES, CODE_PAGE_SNAPSHOT)
	return slotOf(low | (high << 16), offset, inScratchPage)
}

/** @param inScratchPage then jumps are far. */
function slotOf(word: u32, offset: u32, inScratchPage: bool): u64 {
	const row = rowOf(word)
	if (row == 0) return HANDLER_ILLEGAL
	let slot = load<u64>(row, DECODING_ROW_SLOT)
	for (let index: u32 = 0; index < MOST_SLICES; index++) {
		const slice = load<u32>(row + index * 4, DECODING_ROW_SLICES)
		if (slice == 0) break
		const bits = (word >>> (slice & 31)) & ((1 << ((slice >>> SLICE_WIDTH) & 31)) - 1)
		slot |= (<u64>bits) << (slice >>> SLICE_TO)
	}
	const sign = load<u32>(row, DECODING_ROW_SIGN_SHIFT)
	const c = ((<i32>(slot >>> 32)) << sign) >> sign
	const operands = slot & 0xffff_0000
	const handlers = row + (((<u32>operands >>> 16) & 0xff) == 0 ? DECODING_ROW_HANDLERS_ZERO : DECODING_ROW_HANDLERS)
	const far = load<u16>(handlers)
	const forward = load<u16>(handlers, 2)
	const to = <i32>offset + c
	if (far == forward || inScratchPage || to < 0 || to > <i32>LAST_PARCEL) return ((<u64>c) << 32) | operands | far
	// Within the page c is the distance in slot bytes.
	const near = c > 0 ? forward : load<u16>(handlers, 4)
	return ((<u64>(c * SLOT_BYTES_PER_BYTE)) << 32) | operands | near
}

/** @returns the place of the word's row, or 0 if it is no instruction. */
function rowOf(word: u32): u32 {
	const bucket = table + bucketOf(word) * DECODING_BUCKET_SIZE
	const end = table + load<u32>(bucket, DECODING_BUCKET_END)
	for (let row = table + load<u32>(bucket, DECODING_BUCKET_FIRST); row < end; row += DECODING_ROW_SIZE) {
		if ((word & load<u32>(row, DECODING_ROW_MASK)) == load<u32>(row, DECODING_ROW_MATCH) && !isExcepted(row, word))
			return row
	}
	return 0
}

function isExcepted(row: u32, word: u32): bool {
	for (let exception = row; exception < row + MOST_EXCEPTIONS * 4; exception += 4) {
		const mask = load<u32>(exception, DECODING_ROW_EXCEPTION_MASK)
		if ((word & mask) == load<u32>(exception, DECODING_ROW_EXCEPTION_MATCH)) return true
	}
	return false
}

/** The bucket of a word or a parcel, as encodingBuckets in src/isa/decode.ts has them. */
function bucketOf(word: u32): u32 {
	if ((word & 3) == 3) return ((word >>> 2) & 0x1f) | ((word >>> 7) & 0xe0)
	return WORD_BUCKETS + ((word & 3) | ((word >>> 11) & 0x1c))
}
