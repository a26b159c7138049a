/** The forms of instruction words: what the decoder says, whatever words share a place of the table. */
import test from 'ava'
import {handlerFor, handlerIndex} from '../../src/interpreter/handlers.ts'
import {encodeSlot} from '../../src/interpreter/slot-encoding.ts'
import {SlotForms} from '../../src/interpreter/slot-forms.ts'
import {decode} from '../../src/isa/index.ts'

/** Far more words than the table has places, legal and illegal, 16 and 32 bits; the first of them twice. */
const words = Array.from({length: 100_000}, (_, index) => Math.imul(index % 90_000, 0x6a09_e667) | 0)
	.map((word) => ((word & 3) === 3 ? word : word & 0xffff))
	.concat(0)

test('a word has the handlers and operands of its instruction, also after others took its place', (t) => {
	const forms = new SlotForms()
	const wrong = words.filter((word) => {
		const at = forms.of(word)
		const decoded = decode(word)
		const {a, b, c} = decoded ? encodeSlot(decoded) : {a: 0, b: 0, c: 0}
		const handlers = (['far', 'forward', 'backward'] as const).map((flow) =>
			decoded ? handlerFor(decoded, flow) : handlerIndex('illegal'),
		)
		const got = [forms.far(at), forms.forward(at), forms.backward(at), forms.a(at), forms.b(at), forms.c(at)]
		return String(got) !== String([...handlers, a, b, c])
	})
	t.deepEqual(wrong, [])
})

test('only direct jumps have a handler for each way to go', (t) => {
	const forms = new SlotForms()
	const isJump = (word: number) => forms.isDirectJump(forms.of(word))
	const [addi, jal, beq, cJ, jalr] = [0x0000_0513, 0x0000_006f, 0x0000_0063, 0xa001, 0x0000_8067]
	t.deepEqual([addi, jal, beq, cJ, jalr].map(isJump), [false, true, true, true, false])
})

test('a form keeps the sign of its word and of its distance', (t) => {
	const forms = new SlotForms()
	// jal zero, -4
	t.is(forms.c(forms.of(0xffdf_f06f | 0)), -4)
})
