/** A decoded instruction as binutils prints it with `-M no-aliases,numeric`; direct jumps as `pc+n`. */
import {compressedInstructions, type Decoded, parsePattern} from '../../src/isa/index.ts'

const roundingModes = ['rne', 'rtz', 'rdn', 'rup', 'rmm', undefined, undefined, 'dyn']
/** These have an rm field that binutils does not print. */
const withoutRoundingMode = new Set(['fcvt.d.w', 'fcvt.d.wu', 'fcvt.d.s'])
const order = ['', '.rl', '.aq', '.aqrl']

const hexadecimal = (value: number) => `0x${value.toString(16)}`
const upper = (imm: number) => hexadecimal((imm >>> 12) & 0xfffff)
const target = (imm: number) => (imm < 0 ? `pc${imm}` : `pc+${imm}`)

/** The letter of each register operand: f for a floating-point register, else x. */
function registerLetters(name: string, floatingPoint: boolean | undefined): {rd: string; rs1: string; rs2: string} {
	if (!floatingPoint) return {rd: 'x', rs1: 'x', rs2: 'x'}
	if (/^f[ls][wd]$/.test(name)) return {rd: 'f', rs1: 'x', rs2: 'f'}
	const toInteger = /^(fcvt\.[wl]u?\.|fmv\.x|fclass|feq|flt|fle)/.test(name)
	const fromInteger = /^(fcvt\.[sd]\.[wl]|fmv\.[wd]\.x)/.test(name)
	return {rd: toInteger ? 'x' : 'f', rs1: fromInteger ? 'x' : 'f', rs2: 'f'}
}

export function objdumpText(decoded: Decoded, word: number): string {
	return (decoded.length === 2 ? compressedText(decoded) : baseText(decoded, word)).trim()
}

function baseText({instruction, operands}: Decoded, word: number): string {
	const {name, pattern, floatingPoint} = instruction
	const {has} = parsePattern(pattern)
	const letter = registerLetters(name, floatingPoint)
	const rd = letter.rd + operands.rd
	const rs1 = letter.rs1 + operands.rs1
	const rs2 = letter.rs2 + operands.rs2
	const {imm} = operands

	if (name === 'fence' || name === 'fence.i' || name === 'pause') return name
	if (/ aq (rl|1) /.test(pattern)) {
		const base = name.replace(/\.rl$/, '')
		const middle = has.has('rs2') ? `${rs2},` : ''
		return `${base}${order[(word >>> 25) & 3]} ${rd},${middle}(${rs1})`
	}
	if (has.has('csr')) {
		return `${name} ${rd},${hexadecimal(operands.csr)},${has.has('imm') ? imm : rs1}`
	}
	if (name === 'lui' || name === 'auipc') return `${name} ${rd},${upper(imm)}`
	if (name === 'jal') return `${name} ${rd},${target(imm)}`
	if (instruction.effects.some(({effect}) => effect === 'branch')) return `${name} ${rs1},${rs2},${target(imm)}`
	if (name === 'jalr' || /^f?l[bhwd]u?$/.test(name)) return `${name} ${rd},${imm}(${rs1})`
	if (/^f?s[bhwd]$/.test(name)) return `${name} ${rs2},${imm}(${rs1})`
	if (name === 'sfence.vma' || name === 'sinval.vma') return `${name} ${rs1},${rs2}`
	if (name.startsWith('cbo.')) return `${name} (${rs1})`

	const fields: string[] = []
	if (has.has('rd')) fields.push(rd)
	if (has.has('rs1')) fields.push(rs1)
	if (has.has('rs2')) fields.push(rs2)
	if (has.has('rs3')) fields.push(`f${operands.rs3}`)
	if (has.has('imm')) fields.push(pattern.includes('shamt') ? hexadecimal(imm) : String(imm))
	if (has.has('rm') && operands.rm !== 7 && !withoutRoundingMode.has(name)) {
		fields.push(roundingModes[operands.rm] ?? 'unknown')
	}
	return `${name} ${fields.join(',')}`
}

const patternOf = new Map(compressedInstructions.map(({name, pattern}) => [name, pattern]))

function compressedText({name, instruction, operands}: Decoded): string {
	const pattern = patternOf.get(name) ?? ''
	const {rd, rs1, rs2, imm} = operands
	const letter = instruction.floatingPoint ? 'f' : 'x'
	if (name === 'c.nop') return `c.addi x0,${imm}`
	if (name === 'c.addi4spn') return `${name} x${rd},x2,${imm}`
	if (name === 'c.lui') return `${name} x${rd},${upper(imm)}`
	if (name === 'c.j') return `${name} ${target(imm)}`
	if (name === 'c.beqz' || name === 'c.bnez') return `${name} x${rs1},${target(imm)}`
	if (name === 'c.jr' || name === 'c.jalr') return `${name} x${rs1}`
	if (name === 'c.ebreak') return name
	if (/^c\.f?l[wd](sp)?$/.test(name)) return `${name} ${letter}${rd},${imm}(x${rs1})`
	if (/^c\.f?s[wd](sp)?$/.test(name)) return `${name} ${letter}${rs2},${imm}(x${rs1})`
	if (pattern.includes('shamt')) return imm === 0 ? `${name}64 x${rd}` : `${name} x${rd},${hexadecimal(imm)}`
	return pattern.includes('rs2') ? `${name} x${rd},x${rs2}` : `${name} x${rd},${imm}`
}
