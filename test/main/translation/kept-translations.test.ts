/** When what a run has translated is written for later ones. */
import test from 'ava'
import type {KeptModule} from '../../../src/main/translation/kept-format.ts'
import {KeptTranslations} from '../../../src/main/translation/kept-translations.ts'
import type {TranslatedModule} from '../../../src/main/translation/translate-job.ts'

const empty = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))

const moduleOf = (byte: number): TranslatedModule => ({
	module: empty,
	wasm: Uint8Array.of(byte),
	wasmBytes: 1,
	functions: 1,
	regions: [],
	covered: [],
	translateMilliseconds: 0,
	compileMilliseconds: 0,
})

/** Translations whose helper does what the test says, and what it was asked to write: the first byte of each module. */
function keeping(answer: () => Promise<string | undefined> = async () => undefined, path = import.meta.filename) {
	const written: number[][] = []
	const kept = new KeptTranslations(path, {
		loadTranslations: async () => 'it is damaged',
		keepTranslations: async ({modules}: {modules: readonly KeptModule[]}) => {
			written.push(modules.map(({wasm}) => wasm[0]!))
			return await answer()
		},
	})
	const beat = (times: number) => {
		for (let time = 0; time < times; time++) kept.beat()
	}
	return {kept, written, beat}
}

test('what is new is written after five heartbeats without a new module, and once', async (t) => {
	const {kept, written, beat} = keeping()
	kept.add(moduleOf(1))
	beat(4)
	kept.add(moduleOf(2))
	beat(4)
	t.deepEqual(written, [])
	beat(1)
	await kept.write()
	t.deepEqual(written, [[1, 2]])
	beat(100)
	await kept.write()
	t.deepEqual(written, [[1, 2]])
	t.deepEqual(kept.statistics, {kept: 2})
})

test('where modules keep coming, it is written once a minute', async (t) => {
	const {kept, written, beat} = keeping()
	for (let module = 0; module < 59; module++) {
		kept.add(moduleOf(module))
		beat(1)
	}
	t.is(written.length, 0)
	beat(1)
	await kept.write()
	t.is(written.length, 1)
	t.is(written[0]!.length, 59)
})

test('the end of a run waits for what is being written, and writes the rest', async (t) => {
	const first = Promise.withResolvers<undefined>()
	const {kept, written, beat} = keeping(() => first.promise)
	kept.add(moduleOf(1))
	beat(5)
	await new Promise(setImmediate)
	kept.add(moduleOf(2))
	beat(5)
	const end = kept.write()
	await new Promise(setImmediate)
	t.deepEqual(written, [[1]], 'of two writers one would lose what it has')
	first.resolve(undefined)
	await end
	t.deepEqual(written, [[1], [2]])
	t.deepEqual(kept.statistics, {kept: 2}, 'what a heartbeat has begun to write is waited for, too')
})

test('harts wait for what earlier runs have left, but not for ever', async (t) => {
	const order: string[] = []
	const {kept, beat} = keeping()
	void kept.settled.then(() => order.push('settled'))
	beat(4)
	await new Promise(setImmediate)
	t.deepEqual(order, [])
	beat(1)
	await new Promise(setImmediate)
	t.deepEqual(order, ['settled'], 'a helper that hangs holds no machine up')
	const prompt = keeping().kept
	prompt.handedOver()
	await t.notThrowsAsync(prompt.settled)
})

test('why nothing was read or written is told, and never thrown', async (t) => {
	const told = keeping(async () => 'ENOSPC (no space left on device)')
	t.deepEqual(await told.kept.load(), [])
	t.is(told.kept.statistics.problem, 'it is damaged')
	told.kept.add(moduleOf(1))
	await told.kept.write()
	t.deepEqual(told.kept.statistics, {kept: 0, problem: 'ENOSPC (no space left on device)'})
	const first = keeping(undefined, 'a path at which nothing is').kept
	t.deepEqual(await first.load(), [])
	t.is(first.statistics.problem, 'there are none', 'no helper is asked')
	const failing = keeping(() => Promise.reject(new Error('the helper has died')))
	failing.kept.add(moduleOf(1))
	await failing.kept.write()
	t.deepEqual(failing.kept.statistics, {kept: 0, problem: 'the helper has died'})
})
