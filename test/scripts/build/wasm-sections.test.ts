import test from 'ava'
import {wasmSections} from '../../../scripts/build/wasm-sections.ts'

test('sections are listed with their counts', (t) => {
	const oneType = [1, 4, 1, 0x60, 0, 0]
	const twoData = [11, 7, 2, 1, 1, 0xaa, 1, 1, 0xbb]
	const wasm = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...oneType, ...twoData])
	t.deepEqual(
		wasmSections(wasm).map(({name, count}) => [name, count]),
		[
			['type', 1],
			['data', 2],
		],
	)
})
