/** Describes in one line where harts are stuck. */
import type {HartRegisters} from '../hart/index.ts'

/** Privileged spec, table "Machine cause (mcause) register values after trap". */
const causes: Readonly<Record<number, string>> = {
	0: 'instruction address misaligned',
	1: 'instruction access fault',
	2: 'illegal instruction',
	3: 'breakpoint',
	4: 'load address misaligned',
	5: 'load access fault',
	6: 'store/AMO address misaligned',
	7: 'store/AMO access fault',
	8: 'environment call from U-mode',
	9: 'environment call from S-mode',
	11: 'environment call from M-mode',
	12: 'instruction page fault',
	13: 'load page fault',
	15: 'store/AMO page fault',
}

const hex = (value: bigint): string => `0x${value.toString(16)}`

/** For harts whose trap handlers trap at once: for each its first trap and its last one; harts that share both, together. */
export function describeStuckHarts(harts: readonly number[], registersOf: (hart: number) => HartRegisters): string {
	const groups = Map.groupBy(harts, (hart) => describe(registersOf(hart)))
	return [...groups].map(([trouble, group]) => `${namesOf(group)} can execute nothing: ${trouble}`).join('; ')
}

function describe(registers: HartRegisters): string {
	const privilege = registers.word('privilege') === 3 ? 'M' : 'S'
	const cause = Number(registers.get('trapCause'))
	const first = Number(registers.get('firstTrapCause'))
	const where = (pc: bigint, number: number) => `pc ${hex(pc)}, cause ${number} (${causes[number] ?? 'reserved'})`
	return (
		`first ${where(registers.get('firstTrapPc'), first)}; ` +
		`its ${privilege}-mode trap handler then ${where(registers.get('pc'), cause)}`
	)
}

/** `hart 3`, or `harts 1, 2 and 5`. */
function namesOf(harts: readonly number[]): string {
	if (harts.length === 1) return `hart ${harts[0]}`
	return `harts ${harts.slice(0, -1).join(', ')} and ${harts.at(-1)}`
}
