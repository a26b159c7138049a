import test from 'ava'
import {ByteWriter} from '../../src/wasm/byte-writer.ts'

/** @returns the number, and where the next byte is. */
function readUnsigned(bytes: Uint8Array, at: number): [value: number, next: number] {
	let value = 0
	for (let shift = 0; ; shift += 7) {
		const byte = bytes[at++]!
		value += (byte & 0x7f) * 2 ** shift
		if (byte < 0x80) return [value, at]
	}
}

for (const size of [0, 1, 127, 128, 16_383, 16_384, 100_000]) {
	test(`a section of ${size} bytes has its size, in as few bytes as can be, before its content`, (t) => {
		const content = Uint8Array.from({length: size}, (_, index) => index * 7)
		const writer = new ByteWriter(1).byte(9)
		writer.section(5, (section) => section.append(content)).byte(8)
		const {bytes} = writer
		t.deepEqual([bytes[0], bytes[1], bytes.at(-1)], [9, 5, 8])
		const [read, start] = readUnsigned(bytes, 2)
		t.is(read, size)
		t.deepEqual(bytes.slice(start, -1), content)
		t.is(start - 2, size < 128 ? 1 : size < 16_384 ? 2 : 3)
	})
}

test('sections lie in each other', (t) => {
	const writer = new ByteWriter(1)
	writer.section(1, (outer) =>
		outer
			.byte(7)
			.section(2, (inner) => inner.append(new Uint8Array(130).fill(3)))
			.byte(6),
	)
	// The inner one: its number, two bytes of size, 130 of content.
	t.deepEqual([...writer.bytes.slice(0, 7)], [1, (135 & 0x7f) | 0x80, 1, 7, 2, 130, 1])
	t.is(writer.length, 3 + 135)
	t.is(writer.bytes.at(-1), 6)
})

for (const name of ['', 'plain', 'x'.repeat(200), 'naïve', `${'x'.repeat(127)}…`, '🙂']) {
	test(`the name ${name.slice(0, 8)} of ${name.length} code units is written in UTF-8`, (t) => {
		const {bytes} = new ByteWriter(1).byte(1).name(name).byte(2)
		const [length, start] = readUnsigned(bytes, 1)
		t.is(length, Buffer.byteLength(name))
		t.is(Buffer.from(bytes.slice(start, -1)).toString(), name)
		t.is(bytes.at(-1), 2)
	})
}
