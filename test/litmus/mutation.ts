/** Interpreters with a mistake, patched from the real one's bytes: the programs here must catch them. */

type Mutation = Readonly<{from: readonly number[]; to: readonly number[]}>

export const mutations = {
	/** Wasm's atomic.fence becomes as many nops. */
	'no fences': {from: [0xfe, 0x03, 0x00], to: [0x01, 0x01, 0x01]},
} as const satisfies Record<string, Mutation>

/** Machines that `body` creates have an interpreter with that mistake. */
export async function withMutation<Result>(name: keyof typeof mutations, body: () => Promise<Result>): Promise<Result> {
	const {from, to}: Mutation = mutations[name]
	const {compile} = WebAssembly
	WebAssembly.compile = (bytes: BufferSource) => {
		const copy = new Uint8Array(bytes as Uint8Array<ArrayBuffer>)
		// The hart core stays as it is.
		if (isInterpreter(copy) && replace(copy, {from, to}) === 0)
			throw new Error(`Expected something to change for: ${name}`)
		return compile(copy)
	}
	try {
		return await body()
	} finally {
		WebAssembly.compile = compile
	}
}

const isInterpreter = (bytes: Uint8Array): boolean => Buffer.from(bytes.buffer).includes('hotThreshold')

/** @returns how many places changed. */
function replace(bytes: Uint8Array, {from, to}: Mutation): number {
	let changed = 0
	for (let at = 0; at + from.length <= bytes.length; at++) {
		if (!from.every((byte, index) => bytes[at + index] === byte)) continue
		bytes.set(to, at)
		changed++
	}
	return changed
}
