/** Switches of translation: the values that they accept, and messages for others. */
import test from 'ava'
import {checkTranslationSwitches} from '../../../src/main/command-line/translation-switches.ts'
import {tlbKeys} from '../../../src/tlb/index.ts'

test('nothing given is nothing said', (t) => {
	t.deepEqual(checkTranslationSwitches({}), {})
})

test('what is given is checked and passed on', (t) => {
	const given = {
		accel: 'interp',
		jitSynchronous: true,
		countChains: true,
		dumpWasm: 'wasm',
	} as const
	t.deepEqual(checkTranslationSwitches({...given, jitThreshold: '65535', tlb: 'lookup=inline'}), {
		...given,
		jitThreshold: 65_535,
		tlb: {lookup: 'inline'},
	})
})

for (const accel of ['tcg', 'tcg,thread=multi', 'kvm:tcg', 'jit'])
	test(`--accel ${accel} translates`, (t) => {
		t.deepEqual(checkTranslationSwitches({accel}), {accel: 'jit'})
	})

const tlbNames = Object.values(tlbKeys)
	.map(({name}) => name)
	.join(', ')
const refused = [
	[{accel: 'kvm'}, "Expected --accel interp or jit, which is QEMU's tcg, got kvm"],
	[{accel: ''}, 'Expected --accel interp or jit, which is QEMU\'s tcg, got ""'],
	[{accel: 'tcg,thread=single'}, "Expected --accel interp or jit, which is QEMU's tcg, got tcg,thread=single"],
	[{tlb: 'lookup=INLINE'}, 'Expected --tlb lookup=inline|outlined, got lookup=INLINE'],
	[{tlb: 'colour=red'}, `Expected a key of --tlb (${tlbNames}), got "colour"`],
	[{jitThreshold: '0'}, 'Expected --jit-threshold from 1 to 65535, got 0'],
	[{jitThreshold: '65536'}, 'Expected --jit-threshold from 1 to 65535, got 65536'],
	[{jitThreshold: '1e3'}, 'Expected --jit-threshold from 1 to 65535, got 1e3'],
	[{dumpWasm: ''}, 'Expected --dump-wasm to be a folder, got ""'],
] as const
for (const [raw, message] of refused) {
	test(`${JSON.stringify(raw)} is refused`, (t) => {
		t.throws(() => checkTranslationSwitches(raw), {name: 'UserError', message})
	})
}
