/** An interpreter with a mistake, made from the real one's bytes: what the litmus programs must catch. */

/** Wasm's atomic.fence, and as many nops. */
const [fence, nops] = [
	[0xfe, 0x03, 0x00],
	[0x01, 0x01, 0x01],
]

/** Machines that `body` creates have an interpreter whose fences do nothing. */
export async function withoutFences<Result>(body: () => Promise<Result>): Promise<Result> {
	const {compile} = WebAssembly
	let changed = 0
	WebAssembly.compile = (bytes: BufferSource) => {
		const copy = new Uint8Array(bytes as Uint8Array<ArrayBuffer>)
		for (let at = copy.length - fence!.length; at >= 0; at--) {
			if (!fence!.every((byte, index) => copy[at + index] === byte)) continue
			copy.set(nops!, at)
			changed++
		}
		return compile(copy)
	}
	try {
		const result = await body()
		if (changed === 0) throw new Error('Expected fences in the interpreter')
		return result
	} finally {
		WebAssembly.compile = compile
	}
}
