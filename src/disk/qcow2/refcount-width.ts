/** Refcounts of 1 to 64 bits in a block. Those of less than a byte begin at its lowest bit; others are big-endian. */

type Place = Readonly<{index: number; order: number}>

/** @returns the count; of 64 bits, one that is above 2^53 is not exact. */
export function countAt(block: Buffer, {index, order}: Place): number {
	switch (order) {
		case 3:
			return block[index]!
		case 4:
			return block.readUInt16BE(index * 2)
		case 5:
			return block.readUInt32BE(index * 4)
		case 6:
			return block.readUInt32BE(index * 8) * 2 ** 32 + block.readUInt32BE(index * 8 + 4)
		default: {
			const {byte, shift, mask} = partOf(index, order)
			return (block[byte]! >> shift) & mask
		}
	}
}

export function setCount(block: Buffer, {index, order, count}: Place & Readonly<{count: number}>): void {
	switch (order) {
		case 3:
			block[index] = count
			return
		case 4:
			block.writeUInt16BE(count, index * 2)
			return
		case 5:
			block.writeUInt32BE(count, index * 4)
			return
		case 6:
			block.writeUInt32BE(Math.floor(count / 2 ** 32), index * 8)
			block.writeUInt32BE(count % 2 ** 32, index * 8 + 4)
			return
		default: {
			const {byte, shift, mask} = partOf(index, order)
			block[byte] = (block[byte]! & ~(mask << shift)) | (count << shift)
		}
	}
}

/** Of a byte, for counts of 1, 2 or 4 bits. */
function partOf(index: number, order: number): {byte: number; shift: number; mask: number} {
	const bits = 2 ** order
	const bit = index * bits
	return {byte: bit >> 3, shift: bit & 7, mask: (1 << bits) - 1}
}
