import test from 'ava'
import {pageRange} from '../../src/sbi/page-range.ts'

const space = 2n ** 64n

function ofBigInts(start: bigint, size: bigint) {
	const words = [start, start >> 32n, size, size >> 32n].map((word) => Number(BigInt.asIntN(32, word)))
	return pageRange(words[0]!, words[1]!, words[2]!, words[3]!)
}

/** The definition, in BigInt. */
function oracle(start: bigint, size: bigint) {
	if (size === space - 1n || (start === 0n && size === 0n)) return 'all'
	if (size === 0n) return undefined
	const last = (start + size - 1n) >> 12n
	if (last >= space >> 12n) return 'all'
	return {first: Number(start >> 12n), pages: Number(last - (start >> 12n) + 1n)}
}

test('a range covers every page that one of its bytes touches', (t) => {
	const values = [0n, 1n, 2n, 0xfffn, 0x1000n, 0x1001n, 0xffff_f000n, 0xffff_ffffn, 0x1_0000_0000n, 0x1_0000_0001n]
	values.push(...values.map((value) => space - 1n - value), ...values.map((value) => 2n ** 63n + value))
	for (const start of values) {
		for (const size of values) t.deepEqual(ofBigInts(start, size), oracle(start, size), `${start}, ${size}`)
	}
})
