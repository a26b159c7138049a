/** The decoder against binutils, and against what the manual reserves. The fixtures come from write-fixtures.ts. */
import {createHash} from 'node:crypto'
import {readFileSync} from 'node:fs'
import test from 'ava'
import {decode, instructions, lengthsOf} from '../../src/isa/index.ts'
import {objdumpText} from './objdump-text.ts'

const fixture = (name: string): string[] =>
	readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')
		.trimEnd()
		.split('\n')

function textOf(word: number): string {
	const decoded = decode(word)
	return decoded ? objdumpText(decoded, word) : '-'
}

const encodings = fixture('encodings.txt').map((line) => ({
	word: Number.parseInt(line.slice(0, 8), 16) | 0,
	text: line.slice(9),
}))

test('32-bit words decode to the names and operands that binutils prints, or to nothing', (t) => {
	const wrong = encodings.flatMap(({word, text}) => {
		const got = textOf(word)
		return got === text ? [] : [{word: (word >>> 0).toString(16), expected: text, got}]
	})
	t.deepEqual(wrong, [])
	t.log(`${encodings.length} cases`)
})

test('every instruction of the list occurs among the words that binutils checked, but for fences and Zicond', (t) => {
	const seen = new Set(encodings.map(({word}) => decode(word)?.name))
	const missing = instructions.map(({name}) => name).filter((name) => !seen.has(name))
	t.deepEqual(missing, ['fence', 'pause', 'fence.i', 'czero.eqz', 'czero.nez'])
})

// From the encodings in the manual; binutils 2.40 does not know them.
test('Zicond decodes', (t) => {
	t.is(textOf(0x0e31_5533), 'czero.eqz x10,x2,x3')
	t.is(textOf(0x0e31_7533), 'czero.nez x10,x2,x3')
})

test('all 49,152 parcels decode to the names and operands that binutils prints, or to nothing', (t) => {
	const groups = new Map<string, string[]>()
	for (let parcel = 0; parcel < 0x1_0000; parcel++) {
		if ((parcel & 3) === 3) continue
		const text = textOf(parcel)
		const name = text.split(' ')[0] ?? ''
		const group = groups.get(name) ?? []
		groups.set(name, group)
		group.push(`${parcel.toString(16).padStart(4, '0')} ${text}`)
	}
	const lines = [...groups]
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([name, group]) => `${name} ${group.length} ${createHash('sha256').update(group.join('\n')).digest('hex')}`)
	t.deepEqual(lines, fixture('parcels.txt'))
	t.log(`${[...groups.values()].reduce((sum, group) => sum + group.length, 0)} cases`)
})

const illegalWords: Record<string, number> = {
	'all zeros': 0,
	'all ones': -1,
	'c.addi4spn with 0': 0x0004,
	'c.addiw with x0': 0x2005,
	'c.lwsp with x0': 0x4002,
	'c.ldsp with x0': 0x6002,
	'c.lui with 0': 0x6081,
	'c.addi16sp with 0': 0x6101,
	'c.jr with x0': 0x8002,
	'quadrant 0, funct3 100': 0x8000,
	'the reserved register operations of quadrant 1': 0x9c41,
	'lr.w with rs2': 0x1015_252f,
	'a load of width 7': 0x0000_7003,
	'slli with bit 26 set': 0x0400_1013,
	'slliw with bit 25 set': 0x0200_101b,
	'a half-precision fadd': 0x0400_0053,
	'ecall with rd': 0x0000_00f3,
	'an opcode of 48 bits': 0x0000_001f,
}
for (const [what, word] of Object.entries(illegalWords)) {
	test(`${what} is illegal`, (t) => t.is(decode(word), undefined))
}

const fences: Record<string, readonly [number, string]> = {
	'fence rw,rw': [0x0330_000f, 'fence'],
	'fence.tso': [0x8330_000f, 'fence'],
	'fence w with no successors': [0x0100_000f, 'pause'],
	'fence w with no successors and a reserved rd': [0x0100_008f, 'fence'],
	'fence with reserved registers and mode': [0x7fff_8f8f | 0, 'fence'],
	'fence.i': [0x0000_100f, 'fence.i'],
	'fence.i with reserved fields': [0x1239_9f8f, 'fence.i'],
}
for (const [what, [word, name]] of Object.entries(fences)) {
	test(`${what} decodes to ${name}`, (t) => t.is(decode(word)?.name, name))
}

test('a parcel decodes alike whatever follows it', (t) => {
	t.deepEqual(decode(0xffff_8082 | 0), decode(0x8082))
	t.is(decode(0x8082)?.length, 2)
})

test('a word decodes alike as a signed and as an unsigned number', (t) => {
	t.deepEqual(decode(0xfe01_0113), decode(0xfe01_0113 | 0))
})

test('compressed hints write x0 or change nothing', (t) => {
	for (const hint of [0x0005, 0x0081, 0x4001, 0x6005, 0x8006, 0x9006, 0x0006, 0x0082, 0x8001]) {
		const decoded = decode(hint)
		const {rd = -1, imm = -1} = decoded?.operands ?? {}
		t.true(rd === 0 || imm === 0, decoded?.name)
	}
})

test('the lengths of an instruction are those in which it can be written', (t) => {
	const of = (name: string) => lengthsOf(instructions.find((row) => row.name === name)!)
	t.deepEqual(of('addi'), [2, 4])
	t.deepEqual(of('ebreak'), [2, 4])
	t.deepEqual(of('fsd'), [2, 4])
	t.deepEqual(of('fsw'), [4])
	t.deepEqual(of('mul'), [4])
})
