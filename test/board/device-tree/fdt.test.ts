import test from 'ava'
import {readFdt, writeFdt} from '../../../src/board/index.ts'
import {UserError} from '../../../src/errors.ts'

const blob = writeFdt({
	name: '',
	properties: {model: 'test', empty: true, cells: [1, 0xffff_ffff], list: ['a', 'bc'], bytes: Uint8Array.of(1, 2, 3)},
	children: [{name: 'soc', properties: {model: 'inner'}, children: [{name: 'uart@1000', properties: {}}]}],
})

test('a tree that is written is read back', (t) => {
	const root = readFdt(blob)
	t.deepEqual(root.strings('model'), ['test'])
	t.is(root.properties.get('empty')?.length, 0)
	t.deepEqual(root.cells('cells'), [1, 0xffff_ffff])
	t.deepEqual(root.strings('list'), ['a', 'bc'])
	t.deepEqual([...(root.properties.get('bytes') ?? [])], [1, 2, 3])
	t.deepEqual(root.find('/soc')?.strings('model'), ['inner'])
	t.is(root.find('/soc/uart@1000')?.name, 'uart@1000')
	t.is(root.find('/'), root)
	t.is(root.find('/none/uart'), undefined)
})

test('the header says version 17, and each name is stored once', (t) => {
	const view = new DataView(blob.buffer)
	t.is(view.getUint32(0), 0xd00d_feed)
	t.is(view.getUint32(4), blob.length)
	t.is(view.getUint32(20), 17)
	t.is(Buffer.from(blob).toString('latin1').split('model\0').length, 2)
})

test('a blob cut anywhere, or other bytes, is a user mistake in one line', (t) => {
	for (let length = 0; length < blob.length; length++) {
		t.throws(() => readFdt(blob.slice(0, length)), {instanceOf: UserError, message: /^Expected .*, got [^\n]*$/})
	}
	t.throws(() => readFdt(new Uint8Array(100)), {instanceOf: UserError})
})

test('a changed byte never gives anything but a tree or a user mistake', (t) => {
	for (let at = 0; at < blob.length; at++) {
		for (const value of [0, 1, 3, 0x7f, 0xff]) {
			const changed = blob.slice()
			changed[at] = value
			try {
				readFdt(changed)
			} catch (error) {
				if (!(error instanceof UserError)) t.fail(`byte ${at} = ${value}: ${error}`)
			}
		}
	}
	t.pass()
})
