import test from 'ava'
import {readFdt, readFdtExtras, trimFdt, writeFdt} from '../../../src/board/index.ts'
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

test('memory reservations and the boot hart are written and read back', (t) => {
	const extras = {
		reservations: [
			{address: 1n, size: 2n ** 63n},
			{address: 2n ** 64n - 1n, size: 0n},
		],
		bootCpu: 3,
	}
	const written = writeFdt({name: '', properties: {model: 'test'}}, extras)
	t.deepEqual(readFdtExtras(written), extras)
	t.deepEqual(readFdt(written).strings('model'), ['test'])
	t.deepEqual(readFdtExtras(blob), {reservations: [], bootCpu: 0})
})

test('reservations that do not end are a user mistake', (t) => {
	const endless = Buffer.from(writeFdt({name: '', properties: {}}))
	endless.writeUInt32BE(endless.length - 8, 16)
	t.throws(() => readFdtExtras(endless), {instanceOf: UserError, message: /reservations do not end/})
})

test('bytes after a blob are cut off', (t) => {
	t.deepEqual(trimFdt(Uint8Array.of(...blob, 1, 2, 3)), blob)
})

test('a property of 900 KB is written and read back', (t) => {
	const large = new Uint8Array(900_000).fill(7)
	t.deepEqual(readFdt(writeFdt({name: '', properties: {large}})).properties.get('large'), large)
})

test('version 16 is read', (t) => {
	const older = Buffer.from(blob)
	older.writeUInt32BE(16, 20)
	t.deepEqual(readFdt(older).strings('model'), ['test'])
})
