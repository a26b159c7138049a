/** A program as text: offsets, words, and what binutils would print. */
import {decode} from '../../src/isa/index.ts'
import {objdumpText} from '../isa/objdump-text.ts'
import {layOut, type Program} from './program.ts'

/** @returns a line for each instruction, with its offset from the program's start. */
export function listing(program: Program): string[] {
	const {bytes} = layOut(program.operations)
	const view = new DataView(bytes.buffer)
	const lines: string[] = []
	for (let at = 0; at < bytes.length; ) {
		const short = (view.getUint8(at) & 3) !== 3
		const word = short ? view.getUint16(at, true) : view.getUint32(at, true)
		const decoded = decode(word | 0)
		const text = decoded ? objdumpText(decoded, word) : 'illegal'
		lines.push(`${hex(at, 4)}  ${hex(word, short ? 4 : 8).padEnd(8)}  ${text}`)
		at += short ? 2 : 4
	}
	return lines
}

/** Everything needed to see what a program starts with. */
export function describeProgram(program: Program): string[] {
	const {kind, seed, privilege, mstatus, fcsr, csrs, codeOffset, ptes} = program
	const start = Object.entries(csrs).map(([name, value]) => `${name}=${value.toString(16)}`)
	return [
		`${kind}, seed ${seed}, ${privilege}, mstatus=${mstatus.toString(16)} fcsr=${hex(fcsr, 2)} ${start.join(' ')}`,
		`code at page offset ${hex(codeOffset, 4)}, ${ptes.length} PTEs`,
		...listing(program),
	]
}

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')
