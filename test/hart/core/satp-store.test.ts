/**
 * The hart core's stores to satp, in the compiled code: on a host with total store order no execution tells them apart.
 */
import {readFile} from 'node:fs/promises'
import binaryen from 'assemblyscript/binaryen'
import test from 'ava'
import {buildHart} from '../../../scripts/build/hart.ts'
import {fromRoot} from '../../../scripts/build/project.ts'
import {fieldOffset} from '../../../src/hart/index.ts'

await buildHart()
const satp = fieldOffset.satp
/** The half with MODE and ASID, which remote fences load. */
const asidHalf = satp + 4

/** As [instruction, offset]. */
async function storesOfHartCore(): Promise<[string, number][]> {
	const module = binaryen.readBinary(new Uint8Array(await readFile(fromRoot('dist/hart.wasm'))))
	const stores = module.emitText().matchAll(/\((i(?:32|64)\.(?:atomic\.)?store(?:8|16|32)?) offset=(\d+)/g)
	return [...stores].map(([, instruction, offset]) => [instruction!, Number(offset)])
}

function bytesOf(instruction: string): number {
	const [, type, bits] = /^i(32|64)\D*store(\d*)$/.exec(instruction) ?? []
	return Number(bits || type) / 8
}

test('the hart core stores the half of satp that holds the ASID by one atomic store of that half', async (t) => {
	const stores = await storesOfHartCore()
	const touching = stores.filter(([name, at]) => at <= asidHalf && asidHalf < at + bytesOf(name))
	t.deepEqual(
		touching.map(([name, at]) => [name.replace(/^i32\.atomic\.store$/, 'i64.atomic.store32'), at]),
		[['i64.atomic.store32', asidHalf]],
	)
})
