/**
 * Writes the fixtures: how binutils disassembles instruction words. Needs riscv64-linux-gnu-as and -objdump (2.40); run
 * it after adding rows to the list. encodings.txt: a word and its text per line, `-` for illegal ones. parcels.txt: all
 * 49,152 parcels, as a count and a digest of `word text` lines per name.
 */
import {execFileSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {instructions, parsePattern} from '../../src/isa/index.ts'

const architecture = 'rv64gc_zba_zbb_zbs_zicbom_zicboz_zihintpause_zifencei_zicsr_zawrs_svinval'
const fixtures = path.join(import.meta.dirname, 'fixtures')
const names = new Set(instructions.map(({name}) => name))
const hexadecimal = (value: number, digits: number) => (value >>> 0).toString(16).padStart(digits, '0')

/** Repeatable random 32-bit numbers (mulberry32). */
let seed = 0x5eed
function random(): number {
	seed = (seed + 0x6d2b79f5) | 0
	let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
	mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
	return (mixed ^ (mixed >>> 14)) | 0
}

/** binutils' text for each word, with direct jumps relative to the instruction. */
function disassemble(words: readonly number[], bytes: 2 | 4): string[] {
	const folder = mkdtempSync(path.join(tmpdir(), 'encodings-'))
	try {
		const file = (name: string) => path.join(folder, name)
		const lines = words.map((word) => `.insn ${bytes}, 0x${hexadecimal(word, bytes * 2)}`)
		writeFileSync(file('words.s'), `.option norelax\n${lines.join('\n')}\n`)
		execFileSync('riscv64-linux-gnu-as', [`-march=${architecture}`, '-o', file('words.o'), file('words.s')])
		const text = execFileSync('riscv64-linux-gnu-objdump', ['-d', '-z', '-M', 'no-aliases,numeric', file('words.o')], {
			encoding: 'utf8',
			maxBuffer: 2 ** 28,
		})
		const rows = [...text.matchAll(/^ *([0-9a-f]+):\t[0-9a-f]+ *\t(.*)$/gm)]
		if (rows.length !== words.length) throw new Error(`Expected ${words.length} lines from objdump, got ${rows.length}`)
		return rows.map(([, address = '', row = '']) => normalize(row, Number.parseInt(address, 16)))
	} finally {
		rmSync(folder, {recursive: true})
	}
}

function normalize(row: string, address: number): string {
	const text = row
		.replace(/\s*[#<].*$/, '')
		.replace('\t', ' ')
		.trim()
	if (!/^(c\.)?(j|jal|b(eq|ne|lt|ge|ltu|geu)z?) /.test(text)) return text
	return text.replace(/(0x)?([0-9a-f]+)$/, (_, _prefix, target: string) => {
		const offset = BigInt.asIntN(64, BigInt(`0x${target}`) - BigInt(address))
		return offset < 0n ? `pc${offset}` : `pc+${offset}`
	})
}

/** fcvt.d.w, fcvt.d.wu, fcvt.d.s: binutils knows them with rm = 0 only. */
function isExactConversion(word: number): boolean {
	return [0xd200_0053, 0xd210_0053, 0x4200_0053].includes((word & 0xfff0_007f) >>> 0)
}

/** Where binutils says less than the manual: reserved fields of fences, reserved rounding modes, named CSRs. */
function isAmbiguous(word: number, text: string): boolean {
	const opcode = word & 0x7f
	const fence = opcode === 0x0f && ((word >>> 12) & 7) < 2
	const exactConversion = isExactConversion(word) && ((word >>> 12) & 7) !== 0
	const namedCsr = text.startsWith('csr') && !/,0x[0-9a-f]+,/.test(text)
	// binutils 2.40 does not know Zicond.
	const zicond = opcode === 0x33 && word >>> 25 === 7 && [5, 7].includes((word >>> 12) & 7)
	return fence || exactConversion || namedCsr || zicond || text.includes('unknown') || /^(unimp|uret|dret)/.test(text)
}

function writeEncodings(): void {
	const perRow = instructions.flatMap(({pattern}) => {
		const {mask, match} = parsePattern(pattern)
		const words = Array.from({length: 8}, () => (random() & ~mask) | match)
		return words.map((word) => (isExactConversion(word) ? word & ~0x7000 : word))
	})
	// Near misses: words of each row with one of bits 31–12 flipped. Many are reserved.
	const near = instructions.flatMap(({pattern}) => {
		const {mask, match} = parsePattern(pattern)
		return Array.from({length: 8}, () => ((random() & ~mask) | match) ^ (1 << (12 + ((random() >>> 8) % 20))))
	})
	const words = [...perRow, ...near]
	const texts = disassemble(words, 4)
	const lines = words.flatMap((word, index) => {
		const text = texts[index] ?? ''
		if (isAmbiguous(word, text)) return []
		const name = text.split(' ')[0]?.replace(/\.(aq|rl|aqrl)$/, '') ?? ''
		return `${hexadecimal(word, 8)} ${names.has(name) ? text : '-'}`
	})
	writeFileSync(path.join(fixtures, 'encodings.txt'), `${[...new Set(lines)].join('\n')}\n`)
}

function writeParcels(): void {
	const parcels = Array.from({length: 0x1_0000}, (_, parcel) => parcel).filter((parcel) => (parcel & 3) !== 3)
	const texts = disassemble(parcels, 2)
	const groups = new Map<string, string[]>()
	parcels.forEach((parcel, index) => {
		const text = texts[index] ?? ''
		// Defined illegal, unknown, and the manual's reserved c.addi16sp with 0, which binutils prints.
		const illegal = text === 'c.unimp' || text.startsWith('.') || text === 'c.addi16sp x2,0'
		const name = illegal ? '-' : (text.split(' ')[0] ?? '')
		const line = `${hexadecimal(parcel, 4)} ${illegal ? '-' : text}`
		groups.set(name, [...(groups.get(name) ?? []), line])
	})
	const lines = [...groups]
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([name, group]) => {
			return `${name} ${group.length} ${createHash('sha256').update(group.join('\n')).digest('hex')}`
		})
	writeFileSync(path.join(fixtures, 'parcels.txt'), `${lines.join('\n')}\n`)
}

writeEncodings()
writeParcels()
