/** The instruction list: every base instruction, once. The interpreter's handlers follow its order. */
import {a} from './a.ts'
import {d} from './d.ts'
import type {Instruction} from './expression.ts'
import {f} from './f.ts'
import {m} from './m.ts'
import {privileged} from './privileged.ts'
import {rv64i} from './rv64i.ts'
import {zba} from './zba.ts'
import {zbb} from './zbb.ts'
import {zbs} from './zbs.ts'
import {zicond} from './zicond.ts'
import {zicsr} from './zicsr.ts'

export const instructions: readonly Instruction[] = [
	...rv64i,
	...m,
	...a,
	...f,
	...d,
	...zicsr,
	...zba,
	...zbb,
	...zbs,
	...zicond,
	...privileged,
]

const byName: ReadonlyMap<string, Instruction> = new Map(instructions.map((row) => [row.name, row]))

/** @throws Error when no row has that name. */
export function instructionNamed(name: string): Instruction {
	const row = byName.get(name)
	if (!row) throw new Error(`The instruction list must hold ${name}`)
	return row
}
