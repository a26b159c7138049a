/** The sections of a WebAssembly module, with the number of items in each. */

const sectionNames = [
	'custom', 'type', 'import', 'function', 'table', 'memory', 'global', 'export', 'start', 'element', 'code', 'data', 'data count', 'tag',
] as const // biome-ignore format: in the order of their ids

export type WasmSection = Readonly<{name: string; size: number; count: number}>

/**
 * Core specification, "Binary Format, Modules".
 * @returns `count` is the length of a section that is a vector; it means nothing in custom and start sections.
 */
export function wasmSections(wasm: Uint8Array): WasmSection[] {
	const sections: WasmSection[] = []
	let position = 8 // magic and version
	while (position < wasm.length) {
		const id = wasm[position]!
		const size = unsignedLeb128(wasm, position + 1)
		const count = unsignedLeb128(wasm, size.end)
		sections.push({name: sectionNames[id] ?? `section ${id}`, size: size.value, count: count.value})
		position = size.end + size.value
	}
	return sections
}

function unsignedLeb128(bytes: Uint8Array, start: number): {value: number; end: number} {
	let value = 0
	let end = start
	for (let scale = 1; ; scale *= 128) {
		const byte = bytes[end++] ?? 0
		value += (byte & 0x7f) * scale
		if (byte < 0x80) return {value, end}
	}
}
