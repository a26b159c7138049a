/** Symbols of ELF executables. */
import {readFile} from 'node:fs/promises'
import test from 'ava'
import {readSymbols} from '../../../src/main/boot/index.ts'
import {guestBinary} from '../../guests/guests.ts'
import {withSymbols} from './elf-symbols.ts'

const elf = await readFile(guestBinary('hello'))
const symbols = [
	{name: 'low', address: 0x8020_0000},
	{name: 'kernel_start', address: -(2 ** 31)},
	{name: '$x', address: -(2 ** 31) + 4},
	{name: 'kernel_second', address: -(2 ** 31) + 16},
]

test('an address is named after the symbol below it, in both halves of the address space', (t) => {
	const names = readSymbols(withSymbols(elf, symbols))
	t.is(names.count, 3)
	t.is(names.name(0x8020_0000 | 0, 0), 'low')
	t.is(names.name(0x8020_0012 | 0, 0), 'low+0x12')
	t.is(names.name(0x8000_0000 | 0, -1), 'kernel_start')
	t.is(names.name(0x8000_000c | 0, -1), 'kernel_start+0xc')
	t.is(names.name(0x8000_0014 | 0, -1), 'kernel_second+0x4')
})

test('an address far from all symbols stays a number', (t) => {
	const names = readSymbols(withSymbols(elf, symbols))
	t.is(names.name(0x1000, 0), '0x1000')
	t.is(names.name(0x8040_0000 | 0, 0), '0x80400000')
	t.is(names.name(0x10, -0x2a), '0xffffffd600000010')
})

test('a file without a symbol table, or with a damaged one, has no symbols', (t) => {
	t.is(readSymbols(elf).count, 0)
	t.is(readSymbols(new Uint8Array()).count, 0)
	t.is(readSymbols(new Uint8Array(4096)).count, 0)
	const whole = withSymbols(elf, symbols)
	for (const length of [20, 64, elf.length + 5, whole.length - 1])
		t.notThrows(() => readSymbols(whole.subarray(0, length)), String(length))
	const wild = Buffer.from(whole)
	wild.writeBigUInt64LE(2n ** 60n, 40)
	t.is(readSymbols(wild).count, 0)
})
