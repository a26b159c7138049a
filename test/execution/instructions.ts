/** Every form of every instruction against the evaluator. */
import test from 'ava'
import {handlers} from '../../src/interpreter/index.ts'
import {runForm} from '../interpreter/cases.ts'
import {forms} from '../interpreter/encode.ts'
import {code} from '../interpreter/guest-map.ts'
import {Pair} from '../interpreter/pair.ts'
import {randomFor, seed} from '../interpreter/seed.ts'
import {type Engine, on} from './engine.ts'

/** Handlers of fresh slots, sentinels and regions. */
const neverDecodedTo = ['decode', 'page-end', 'region']
/** RV64C has no c.jal, and no load to x0. */
const withoutEncoding = ['jal 2 forward', 'jal 2 backward', 'jal 2 far', 'lw 2 x0', 'ld 2 x0']
/** At these a hart leaves translated code. */
const interpreted = [
	...['ecall', 'ebreak', 'c.ebreak', 'mret', 'sret', 'wfi', 'fence.i'],
	...['sfence.vma', 'sfence.w.inval', 'sfence.inval.ir', 'sinval.vma'],
]

export function testInstructions(engine: Engine): void {
	const pair = new Pair(engine)
	const translated = new Map<string, bigint>()

	for (const form of forms) {
		test(`${form.name} ends as the evaluator says${on(engine)}`, (t) => {
			const before = pair.hart.get('instructionsTranslated')
			const wrong = runForm(pair, form, randomFor(form.name))
			t.deepEqual(wrong, [], `INTERPRETER_SEED=${seed}`)
			translated.set(form.name, pair.hart.get('instructionsTranslated') - before)
		})
	}

	test(`words that encode nothing are illegal instructions${on(engine)}`, (t) => {
		for (const word of [0, 0xffff_ffff]) {
			pair.put(code.gva, word)
			t.is(pair.run(code.gva), '')
			t.is(pair.hart.get('mcause'), 2n)
		}
	})

	if (engine.translation) {
		test(`every instruction has run${on(engine)}, but for those of the system`, (t) => {
			t.log(`seed ${seed}`)
			t.log(`${pair.runs} cases`)
			const missing = forms.map(({name}) => name).filter((name) => translated.get(name) === 0n)
			t.deepEqual(missing.sort(), interpreted.toSorted())
		})
	} else {
		test('every handler of the interpreter has run', (t) => {
			t.log(`seed ${seed}`)
			t.log(`${pair.runs} cases`)
			const missing = handlers.map(({key}) => key).filter((key) => !pair.hart.decodedTo.has(key))
			t.deepEqual(missing, [...neverDecodedTo, ...withoutEncoding])
		})
	}
}
