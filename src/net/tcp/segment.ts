/** TCP segments in bytes (RFC 9293, 3.1; options of RFC 7323). */
import {read16, read32, write16, write32} from '../bytes.ts'

export const tcpFlag = {fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32} as const

export const tcpHeaderBytes = 20
/** With the options of a SYN: maximum segment size, and window scale after a NOP. */
export const synHeaderBytes = 28
const largestScale = 14

/** One received segment; the same object is used again for the next. */
export type Segment = {
	sourcePort: number
	destinationPort: number
	sequence: number
	acknowledgement: number
	flags: number
	/** Not scaled. */
	window: number
	/** What a SYN announced. */
	maximumSegment: number | undefined
	windowScale: number | undefined
	/** Valid during the call. */
	data: Uint8Array
}

export const emptySegment = (): Segment => ({
	sourcePort: 0,
	destinationPort: 0,
	sequence: 0,
	acknowledgement: 0,
	flags: 0,
	window: 0,
	maximumSegment: undefined,
	windowScale: undefined,
	data: new Uint8Array(0),
})

/** @param bytes from the header's start at `from` to the segment's end at `to`. @returns false if the header lies. */
export function parseSegment(
	bytes: Uint8Array,
	from: number,
	{to, into}: Readonly<{to: number; into: Segment}>,
): boolean {
	if (to - from < tcpHeaderBytes) return false
	const headerBytes = (bytes[from + 12]! >>> 4) * 4
	if (headerBytes < tcpHeaderBytes || from + headerBytes > to) return false
	into.sourcePort = read16(bytes, from)
	into.destinationPort = read16(bytes, from + 2)
	into.sequence = read32(bytes, from + 4)
	into.acknowledgement = read32(bytes, from + 8)
	into.flags = bytes[from + 13]! & 0x3f
	into.window = read16(bytes, from + 14)
	into.maximumSegment = undefined
	into.windowScale = undefined
	if (into.flags & tcpFlag.syn) parseOptions(bytes, from + tcpHeaderBytes, {to: from + headerBytes, into})
	into.data = bytes.subarray(from + headerBytes, to)
	return true
}

/** An option that lies about its length ends the list, as in Linux. */
function parseOptions(bytes: Uint8Array, from: number, {to, into}: Readonly<{to: number; into: Segment}>): void {
	for (let at = from; at < to; ) {
		const kind = bytes[at]!
		if (kind === 0) return
		if (kind === 1) {
			at++
			continue
		}
		const length = at + 1 < to ? bytes[at + 1]! : 0
		if (length < 2 || at + length > to) return
		if (kind === 2 && length === 4) into.maximumSegment = read16(bytes, at + 2)
		if (kind === 3 && length === 3) into.windowScale = Math.min(bytes[at + 2]!, largestScale)
		at += length
	}
}

/** A segment to send, without its data; the same object is used again for the next. */
export type SegmentHeader = {
	sourcePort: number
	destinationPort: number
	sequence: number
	acknowledgement: number
	flags: number
	window: number
	maximumSegment: number
	windowScale: number | undefined
}

/** Writes the header, with checksum 0. @returns its bytes: a SYN has options. */
export function writeSegmentHeader(target: Uint8Array, at: number, header: SegmentHeader): number {
	const isSyn = (header.flags & tcpFlag.syn) !== 0
	const headerBytes = isSyn ? synHeaderBytes : tcpHeaderBytes
	write16(target, at, header.sourcePort)
	write16(target, at + 2, header.destinationPort)
	write32(target, at + 4, header.sequence)
	write32(target, at + 8, header.acknowledgement)
	target[at + 12] = (headerBytes / 4) << 4
	target[at + 13] = header.flags
	write16(target, at + 14, header.window)
	write32(target, at + 16, 0) // checksum, urgent pointer
	if (isSyn) {
		write16(target, at + 20, 0x0204)
		write16(target, at + 22, header.maximumSegment)
		// Without scaling: four NOPs.
		write32(target, at + 24, header.windowScale === undefined ? 0x0101_0101 : 0x0103_0300 + header.windowScale)
	}
	return headerBytes
}
