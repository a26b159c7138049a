/** Shrinking: the shortest program that still differs. All candidates of one round run in one boot. */
import {compareRecords, type Mismatch} from './compare.ts'
import {place} from './layout.ts'
import type {Operation, Program} from './program.ts'

/** Rounds are bounded: each costs two boots. */
const roundLimit = 24

/** Programs with a part of the operations left out: halves first, then ever smaller pieces. */
function* shorter(program: Program, pieces: number): Generator<Program> {
	const {operations} = program
	const size = Math.ceil(operations.length / pieces)
	for (let start = 0; start < operations.length; start += size) {
		yield {...program, operations: operations.slice(0, start).concat(operations.slice(start + size))}
	}
}

/** Programs with one operation made simpler: without one of its parts, or with its jump to the next operation. */
function* simpler(program: Program): Generator<Program> {
	const withOperation = (index: number, operation: Operation): Program => ({
		...program,
		operations: program.operations.with(index, operation),
	})
	for (const [index, operation] of program.operations.entries()) {
		const {parts, jump} = operation
		if (jump && jump.skip > 0) yield withOperation(index, {parts, jump: {...jump, skip: 0}})
		// A CSR instruction keeps the constant that was chosen for it, an atomic one its address, a loop its counter.
		if (!jump && parts.length > 1 && !parts.some(({row}) => /^(bne|csr|amo|lr|sc)/.test(row)))
			for (let part = 0; part < parts.length; part++) yield withOperation(index, {parts: parts.toSpliced(part, 1)})
	}
}

/** Whether programs may use it as a base address: accesses elsewhere rightly differ. */
const isAddress = ({virtual}: Program, value: bigint): boolean =>
	virtual !== undefined || (value >= place.runtime && value < place.runtime + 0x1000_0000n)

/** Programs that start with less: registers at 0, no delegation, no unused PTEs. */
function* plainer(program: Program): Generator<Program> {
	for (const file of ['x', 'f'] as const)
		for (const [index, value] of program[file].entries())
			if (value !== 0n && (file === 'f' || !isAddress(program, value)))
				yield {...program, [file]: program[file].with(index, 0n)}
	for (const name of Object.keys(program.csrs) as (keyof Program['csrs'])[])
		if (name !== 'satp' && program.csrs[name]) yield {...program, csrs: {...program.csrs, [name]: 0n}}
}

/** @returns the shortest program found that differs in the same dword, or, if none does, the mismatch as it was. */
export async function shrink(mismatch: Mismatch): Promise<Mismatch> {
	const wanted = firstName(mismatch)
	if (wanted === undefined) return mismatch
	let best = mismatch
	let pieces = 2
	for (let round = 0; round < roundLimit; round++) {
		const candidates =
			pieces <= 2 * best.program.operations.length
				? [...shorter(best.program, pieces)]
				: [...simpler(best.program), ...plainer(best.program)]
		if (candidates.length === 0) return best
		const failing = (await compareRecords(candidates)).filter((found) => !found.problem && firstName(found) === wanted)
		const smallest = failing.toSorted((a, b) => weight(a.program) - weight(b.program))[0]
		if (smallest && weight(smallest.program) < weight(best.program)) best = smallest
		else if (pieces > 2 * best.program.operations.length) return best
		else pieces *= 2
	}
	return best
}

/** The name of the first dword that differs, whatever its register or trap. */
const firstName = ({differences}: Mismatch) => differences[0]?.name.replaceAll(/\d+/g, '#')

const weight = ({operations, x, f}: Program): number =>
	operations.reduce((sum, {parts, jump}) => sum + 100 * parts.length + (jump?.skip ?? 0), 0) +
	[...x, ...f].filter((value) => value !== 0n).length
