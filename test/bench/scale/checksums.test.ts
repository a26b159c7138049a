import test from 'ava'
import {Checksums} from '../../../src/bench/scale/checksums.ts'

const [right, wrong] = ['00000000000000aa', '00000000000000ab']
type Said = readonly [engine: string, checksum: string, harts?: number]

/** @returns faults, by engine and harts. */
function faults(...said: readonly Said[]): Readonly<Record<string, string | undefined>> {
	const checksums = new Checksums()
	for (const [engine, checksum, harts = 1] of said)
		checksums.add({program: 'sort', operations: 16, checksum}, {engine, isNative: engine === 'native', harts})
	const found = said.map(([engine, checksum, harts = 1]) => [
		`${engine} ${harts}`,
		checksums.faultOf({program: 'sort', operations: 16, checksum}),
	])
	return Object.fromEntries(found.filter(([, fault]) => fault !== undefined))
}

test('the host’s own program is right, whoever ran first and however many differ', (t) => {
	t.deepEqual(faults(['A', wrong], ['native', right], ['B', wrong], ['C', right]), {
		'A 1': `its checksum is ${wrong}, and ${right} on native with 1 hart and C with 1 hart`,
		'B 1': `its checksum is ${wrong}, and ${right} on native with 1 hart and C with 1 hart`,
	})
	// Of itself, with the fewest threads.
	t.deepEqual(Object.keys(faults(['native', wrong, 4], ['native', right, 1], ['native', wrong, 2])), [
		'native 4',
		'native 2',
	])
})

test('without it, what most engines have is right, however often each ran', (t) => {
	t.deepEqual(faults(['A', wrong, 1], ['A', wrong, 2], ['A', wrong, 4], ['B', right], ['C', right, 2]), {
		'A 1': `its checksum is ${wrong}, and ${right} on B with 1 hart and C with 2 harts`,
		'A 2': `its checksum is ${wrong}, and ${right} on B with 1 hart and C with 2 harts`,
		'A 4': `its checksum is ${wrong}, and ${right} on B with 1 hart and C with 2 harts`,
	})
	t.deepEqual(Object.keys(faults(['A', right, 1], ['A', wrong, 4], ['B', right, 4])), ['A 4'])
})

test('where as many say one thing as another, neither counts, and both are named', (t) => {
	t.deepEqual(faults(['A', wrong], ['B', right, 2]), {
		'A 1': `its checksum is ${wrong}, and ${right} on B with 2 harts: which is right is not known`,
		'B 2': `its checksum is ${right}, and ${wrong} on A with 1 hart: which is right is not known`,
	})
})

test('what is alone, agrees, is of other work or has no checksum is not wrong', (t) => {
	t.deepEqual(faults(['A', right]), {})
	t.deepEqual(faults(['A', right], ['B', right]), {})
	const checksums = new Checksums()
	const witness = {engine: 'A', isNative: false, harts: 1}
	for (const work of [
		{program: 'sort', operations: 16, checksum: right},
		{program: 'sort', operations: 17, checksum: wrong},
		{program: 'ring', operations: 16, checksum: wrong},
		{program: 'sort', operations: 16},
	]) {
		checksums.add(work, witness)
		t.is(checksums.faultOf(work), undefined)
	}
})
