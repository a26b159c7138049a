/** Gives an ELF executable a symbol table, as a linker does that does not strip it. */
const [headerBytes, symbolBytes] = [64, 24]

/** @param symbols functions. */
export function withSymbols(
	elf: Uint8Array,
	symbols: readonly Readonly<{name: string; address: number}>[],
): Uint8Array {
	const names = Buffer.from(`\0${symbols.map(({name}) => `${name}\0`).join('')}`)
	// The first symbol is none.
	const table = Buffer.alloc((symbols.length + 1) * symbolBytes)
	let name = 1
	for (const [index, symbol] of symbols.entries()) {
		const at = (index + 1) * symbolBytes
		table.writeUInt32LE(name, at)
		table.writeUInt8(2, at + 4)
		table.writeUInt16LE(1, at + 6)
		table.writeBigUInt64LE(BigInt.asUintN(64, BigInt(symbol.address)), at + 8)
		name += symbol.name.length + 1
	}
	const sections = [
		{type: 0, offset: 0, size: 0, link: 0},
		{type: 3, offset: elf.length, size: names.length, link: 0},
		{type: 2, offset: elf.length + names.length, size: table.length, link: 1},
	]
	const headers = Buffer.alloc(sections.length * headerBytes)
	for (const [index, {type, offset, size, link}] of sections.entries()) {
		const at = index * headerBytes
		headers.writeUInt32LE(type, at + 4)
		headers.writeBigUInt64LE(BigInt(offset), at + 24)
		headers.writeBigUInt64LE(BigInt(size), at + 32)
		headers.writeUInt32LE(link, at + 40)
	}
	const whole = Buffer.concat([elf, names, table, headers])
	whole.writeBigUInt64LE(BigInt(whole.length - headers.length), 40)
	whole.writeUInt16LE(headerBytes, 58)
	whole.writeUInt16LE(sections.length, 60)
	return whole
}
