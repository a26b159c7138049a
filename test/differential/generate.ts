/** All generators: a program of any kind from a seed. */
import {generateInstructions} from './generate-instructions.ts'
import {generateInterrupts} from './generate-interrupts.ts'
import {generatePaging} from './generate-paging.ts'
import type {Program, ProgramKind} from './program.ts'
import {Random, seedOf} from './random.ts'

const generators: Readonly<Record<ProgramKind, (seed: number) => Program>> = {
	instructions: generateInstructions,
	paging: generatePaging,
	interrupts: generateInterrupts,
}
const wheel: readonly ProgramKind[] = ['instructions', 'instructions', 'instructions', 'paging', 'paging', 'interrupts']

/** @returns the programs with these numbers of a run. */
export const generate = (seed: number, from: number, count: number): Program[] =>
	Array.from({length: count}, (_, index) => generateOne(seedOf(seed, from + index)))

export function generateOne(seed: number, kind = new Random(~seed).pick(wheel)): Program {
	return generators[kind](seed)
}
