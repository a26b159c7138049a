import test from 'ava'
import {UserError} from '../../../src/errors.ts'
import {loadElf} from '../../../src/main/boot/elf.ts'
import {type ElfOptions, makeElf, program} from './boot-files.ts'

const load = (bytes: Uint8Array) => loadElf({option: '--kernel', path: 'x.elf', bytes}, 'the kernel')

test('segments go to their physical addresses, with room for what the file leaves out', (t) => {
	const data = Uint8Array.of(1, 2, 3)
	const {segments, entry, lowest} = load(
		makeElf({
			segments: [
				{gpa: 0x8000_0000, bytes: program},
				{gpa: 0x8000_4000, bytes: data, size: 0x1000},
				{gpa: 0x1234, bytes: data, type: 0x7000_0003},
				{gpa: 0, bytes: new Uint8Array()},
			],
		}),
	)
	t.deepEqual([entry, lowest], [0x8000_0000, 0x8000_0000])
	t.deepEqual(
		segments.map(({gpa, bytes, size}) => [gpa, [...bytes], size]),
		[
			[0x8000_0000, [...program], 4],
			[0x8000_4000, [1, 2, 3], 0x1000],
		],
	)
})

test('a virtual entry becomes its segment’s physical address', (t) => {
	const segments = [{gva: 0x4000_0000, gpa: 0x8020_0000, bytes: program, size: 64}]
	t.is(load(makeElf({segments, entry: 0x4000_0002})).entry, 0x8020_0002)
})

test('a position-independent ELF linked at 0 moves to the start of RAM, an executable is refused', (t) => {
	const segments = [
		{gpa: 0, bytes: program},
		{gpa: 0x2000, bytes: program},
	]
	const {entry, ...loaded} = load(makeElf({segments, entry: 2, type: 3}))
	t.is(entry, 0x8000_0002)
	t.deepEqual(
		loaded.segments.map(({gpa}) => gpa),
		[0x8000_0000, 0x8000_2000],
	)
	t.throws(() => load(makeElf({segments, entry: 2})), {
		instanceOf: UserError,
		message:
			/^Expected an ELF with contents only in guest memory, from 0x80000000 on for --kernel, got segment 0 at 0x0: x/,
	})
})

test('an entry in no segment is none', (t) => {
	for (const entry of [0, 0x7fff_ffff, 0x8000_0004, 2 ** 60]) t.is(load(makeElf({entry})).entry, undefined)
})

test('headers, notes and zeros below RAM are left out, and so is memory without contents', (t) => {
	const headers = 64 + 56 * 6
	const {segments, lowest, entry} = load(
		makeElf({
			segments: [
				{gpa: 0x7fff_f000, bytes: new Uint8Array(), offset: 0, fileSize: headers},
				{gpa: 0x200, bytes: Uint8Array.of(4, 0, 0, 0)},
				{gpa: 0x200, bytes: new Uint8Array(), offset: headers, fileSize: 4, type: 4},
				{gpa: 0x1000_0000, bytes: new Uint8Array(), size: 0x100},
				{gpa: 0x2000_0000, bytes: new Uint8Array(8)},
				{gpa: 0x8000_0000, bytes: program},
			],
		}),
	)
	t.deepEqual(
		segments.map(({gpa, bytes, size}) => [gpa, [...bytes], size]),
		[[0x8000_0000, [...program], 4]],
	)
	t.deepEqual([lowest, entry], [0x8000_0000, 0x8000_0000])
})

test('a segment that begins with headers below RAM loses them', (t) => {
	const padding = 0x1000 - 64 - 56
	const bytes = Uint8Array.of(...new Uint8Array(padding), ...program)
	const gpa = 0x7fff_f000
	const {segments} = load(makeElf({segments: [{gpa, bytes, offset: 0, fileSize: 0x1004, size: 0x2000}]}))
	t.deepEqual(
		segments.map((segment) => [segment.gpa, [...segment.bytes], segment.size]),
		[[0x8000_0000, [...program], 0x1000]],
	)
})

const badElfs: [string, ElfOptions, RegExp][] = [
	[
		'another machine',
		{machine: 62},
		/^Expected an ELF for RISC-V \(EM_RISCV 243\) for --kernel, got x86-64 \(62\): x\.elf$/,
	],
	['an unknown machine', {machine: 999}, /got another machine \(999\)/],
	['32 bits', {bits: 32}, /^Expected a 64-bit ELF for --kernel, got a 32-bit one/],
	['big-endian data', {endian: 'big'}, /^Expected a little-endian ELF/],
	['an object file', {type: 1}, /^Expected an executable ELF .* got type 1 \(relocatable\)/],
	['nothing to load', {segments: []}, /^Expected an ELF with a segment to load/],
	[
		'contents below RAM',
		{segments: [{gpa: 0x2000_0000, bytes: program}]},
		/^Expected an ELF with contents only in guest memory, .* got segment 0 at 0x20000000: x\.elf$/,
	],
	[
		'nothing in RAM',
		{segments: [{gpa: 0x1000, bytes: new Uint8Array(4)}]},
		/^Expected an ELF with a segment in guest memory, from 0x80000000 on for --kernel, got none: x\.elf$/,
	],
	['a file size above the memory size', {segments: [{gpa: 0x8000_0000, bytes: program, size: 2}]}, /4 > 2/],
]
for (const [what, options, message] of badElfs) {
	test(`an ELF with ${what} is refused`, (t) => {
		t.throws(() => load(makeElf(options)), {instanceOf: UserError, message})
	})
}

test('an ELF cut off anywhere is refused by one line', (t) => {
	const whole = makeElf()
	for (let length = 0; length < whole.length; length++) {
		t.throws(() => load(whole.subarray(0, length)), {instanceOf: UserError, message: /^Expected [^\n]*$/})
	}
	t.notThrows(() => load(whole))
})

test('header fields of all ones are refused, not followed', (t) => {
	for (let field = 16; field < 64 + 56; field += 2) {
		const file = makeElf()
		file.fill(0xff, field, Math.min(field + 8, file.length))
		try {
			load(file)
		} catch (error) {
			t.true(error instanceof UserError, `${field}: ${error}`)
		}
	}
	t.pass()
})
