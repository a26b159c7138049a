/** Every form of every instruction: the generated interpreter against the evaluator. */
import test from 'ava'
import {handlers} from '../../../src/vcpu-worker/interpreter/index.ts'
import {runForm} from './cases.ts'
import {forms} from './encode.ts'
import {Pair} from './pair.ts'
import {randomFor, seed} from './seed.ts'

/** A fresh slot, and the sentinels. */
const neverDecodedTo = ['decode', 'page-end', 'region']
/** RV64C has no c.jal, and loads relative to sp do not go to x0. */
const withoutEncoding = ['jal 2 forward', 'jal 2 backward', 'jal 2 far', 'lw 2 x0', 'ld 2 x0']

const pair = new Pair()

for (const form of forms) {
	test(`${form.name} ends as the evaluator says`, (t) => {
		const wrong = runForm(pair, form, randomFor(form.name))
		t.deepEqual(wrong, [], `INTERPRETER_SEED=${seed}`)
	})
}

test('every handler of the interpreter has run', (t) => {
	t.log(`seed ${seed}`)
	t.log(`${pair.runs} cases`)
	const missing = handlers.map(({key}) => key).filter((key) => !pair.hart.decodedTo.has(key))
	t.deepEqual(missing, [...neverDecodedTo, ...withoutEncoding])
})
