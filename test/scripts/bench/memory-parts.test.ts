/** What a process's mappings hold, from what Linux says of them. */
import test from 'ava'
import {
	joinPieces,
	type Mapping,
	partOf,
	readMappings,
	sharedParts,
	sumParts,
} from '../../../scripts/bench/memory-parts.ts'

const gibibyte = 2 ** 30
const kind = {shared: gibibyte, hasV8: true}

const smaps = `00400000-0082e000 r--p 00000000 00:1f 1234                             /opt/node/bin/node
Size:               4280 kB
Rss:                4200 kB
VmFlags: rd mr mw me
44e9a000-4541a000 rw-p 00000000 00:00 0                                  [heap]
Rss:                5120 kB
185c7aec0000-185c7b080000 rw-p 00000000 00:00 0
Rss:                1792 kB
7fbcb0000000-7fbcb0480000 rw-p 00000000 00:00 0
Rss:                4096 kB
7fbd00000000-7fbd00100000 ---p 00000000 00:00 0
Rss:                   0 kB
7fbdbc000000-7fbe0b6b0000 rw-p 00000000 00:00 0
Rss:              204800 kB
7fbfe4000000-7fbff0000000 rwxp 00000000 00:00 0
Rss:                1024 kB
7fc014699000-7fc014799000 rw-p 00000000 00:00 0
Rss:                  64 kB
`

test('mappings are read from smaps', (t) => {
	const mappings = readMappings(smaps)
	t.is(mappings.length, 8)
	t.deepEqual(mappings[0], {
		start: 0x40_0000,
		end: 0x82_e000,
		permissions: 'r--p',
		name: '/opt/node/bin/node',
		resident: 4200 * 1024,
	})
	t.is(mappings[5]!.end - mappings[5]!.start, 0x4f6b_0000)
})

test('a mapping is told by its name, its permissions, its size and its alignment', (t) => {
	t.deepEqual(
		readMappings(smaps).map((mapping) => partOf(mapping, kind)),
		[
			...['program and libraries', 'malloc', 'heaps of V8', 'malloc', 'stacks and others', 'guest RAM', 'machine code'],
			'stacks and others',
		],
	)
})

test('a process without V8 has no heaps of V8', (t) => {
	const [page] = readMappings(smaps).slice(2)
	t.is(partOf(page!, {...kind, hasV8: false}), 'stacks and others')
})

test('the parts are as large together as the mappings, also where the shared memory is split by its regions', (t) => {
	const mappings = readMappings(smaps)
	const total = (parts: Readonly<Record<string, number>>) => Object.values(parts).reduce((sum, bytes) => sum + bytes, 0)
	const resident = mappings.reduce((sum, mapping) => sum + mapping.resident, 0)
	t.is(total(sumParts(mappings, kind)), resident)
	const split = (mapping: Mapping) => {
		const [ram, decoded, tlb] = [100 * 2 ** 20, 60 * 2 ** 20, 2 ** 20]
		return sharedParts({
			ram,
			'code-caches': decoded,
			tlb,
			rcu: 4096,
			vcpu: mapping.resident - ram - decoded - tlb - 4096,
		})
	}
	const parts = sumParts(mappings, kind, split)
	t.is(total(parts), resident)
	t.is(parts['decoded code of all harts'], 60 * 2 ** 20)
	t.is(parts['other shared memory'], 39 * 2 ** 20)
})

test('a mapping that is listed in pieces, since some of it has huge pages, is found as one', (t) => {
	const piece = (start: number, end: number) => ({start, end, permissions: 'rw-p', name: '', resident: end - start})
	const mappings = [piece(0, 10), piece(10, 30), piece(30, 31), piece(40, 60), piece(60, 90), piece(90, 95)]
	t.deepEqual(joinPieces(mappings, 50), [...mappings.slice(0, 3), piece(40, 90), piece(90, 95)])
	t.deepEqual(joinPieces(mappings, 20), [mappings[0]!, ...mappings.slice(1)])
	t.deepEqual(joinPieces(mappings, 52), mappings, 'not across a gap')
})
