/** Runs programs on both sides and finds those whose outcomes differ. */

import type {TranslationOptions} from '../../src/main/index.ts'
import {testTranslation} from '../support/translation.ts'
import {makeImage} from './image.ts'
import {knownDifferences} from './known-differences.ts'
import {pteCountIndex, recordNames, trapsIndex} from './layout.ts'
import type {Program} from './program.ts'
import {asRecords, type Outcome, type Run, runHere, runQemuWhole} from './run.ts'

export type Difference = Readonly<{name: string; here: string; qemu: string}>
export type Mismatch = Readonly<{
	program: Program
	differences: readonly Difference[]
	here: Outcome | undefined
	qemu: Outcome | undefined
	problem?: string
}>

const timeoutSeconds = 120

export async function runBoth(
	programs: readonly Program[],
	{output, translation = testTranslation()}: {output: 'records' | 'digests'; translation?: TranslationOptions},
): Promise<{here: Run; qemu: Run}> {
	const image = makeImage(programs, {output})
	const [here, qemu] = await Promise.all([
		runHere(image, {timeoutSeconds, translation}),
		runQemuWhole(image, {
			timeoutSeconds,
			isWhole: (run) =>
				output === 'records' ? hasAllRecords(asRecords(run), programs.length) : run.outcomes.length >= programs.length,
		}),
	])
	return output === 'records' ? {here: asRecords(here), qemu: asRecords(qemu)} : {here, qemu}
}

/** Whether the last record has all its lines. */
function hasAllRecords({outcomes}: Run, programs: number): boolean {
	const last = outcomes.at(-1)?.dwords ?? []
	return outcomes.length >= programs && namesOf(last).length <= last.length
}

/** @returns the programs that differ beyond the known differences, each run once more for its whole record. */
export async function findMismatches(
	programs: readonly Program[],
	translation: TranslationOptions = testTranslation(),
): Promise<Mismatch[]> {
	const {here, qemu} = await runBoth(programs, {output: 'digests', translation})
	const ran = Math.min(here.outcomes.length, qemu.outcomes.length, programs.length)
	const suspects = programs
		.slice(0, ran)
		.filter((_, index) => here.outcomes[index]!.digest !== qemu.outcomes[index]!.digest)
	const found = suspects.length > 0 ? await compareRecords(suspects, translation) : []
	if (ran === programs.length) return found
	// One program did not reach its end, or the host was too slow; those after it have not run.
	const culprit = await compareRecords(programs.slice(ran, ran + 1), translation)
	return [
		...found,
		...culprit,
		...(ran + 1 < programs.length ? await findMismatches(programs.slice(ran + 1), translation) : []),
	]
}

const describeProblems = (here: Run, qemu: Run): string | undefined =>
	[here.problem && `here: ${here.problem}`, qemu.problem && `QEMU: ${qemu.problem}`].filter(Boolean).join('; ') ||
	undefined

/** Compares whole records. */
export async function compareRecords(
	programs: readonly Program[],
	translation: TranslationOptions = testTranslation(),
): Promise<Mismatch[]> {
	const {here, qemu} = await runBoth(programs, {output: 'records', translation})
	const problem = describeProblems(here, qemu)
	return programs.flatMap((program, index): Mismatch[] => {
		const [ours, theirs] = [here.outcomes[index], qemu.outcomes[index]]
		const differences = ours && theirs ? compareOutcomes(ours.dwords, theirs.dwords) : []
		if (ours && theirs && differences.length === 0) return []
		return [{program, differences, here: ours, qemu: theirs, ...(problem && {problem})}]
	})
}

/** @returns what differs, except for known differences. */
export function compareOutcomes(here: readonly string[], qemu: readonly string[]): Difference[] {
	const [ours, theirs] = [byName(namesOf(here), here), byName(namesOf(qemu), qemu)]
	return [...new Set([...ours.keys(), ...theirs.keys()])].flatMap((name) => {
		const [a, b] = [ours.get(name), theirs.get(name)]
		if (isDword(a) && isDword(b) && (a === b || sameButForKnown(name, a, b, ours))) return []
		return [{name, here: a ?? 'missing', qemu: b ?? 'missing'}]
	})
}

/** The names of a record's dwords. */
function namesOf(dwords: readonly string[]): readonly string[] {
	const count = (index: number) => Number.parseInt(dwords[index] ?? '0', 16)
	return recordNames(count(trapsIndex), count(pteCountIndex))
}

const isDword = (value: string | undefined): value is string => value !== undefined && value !== 'missing'

const byName = (names: readonly string[], dwords: readonly string[]): ReadonlyMap<string, string> =>
	new Map(names.map((name, index) => [name, dwords[index] ?? 'missing']))

/** @param dwords of our record: a known difference may depend on them. */
function sameButForKnown(name: string, here: string, qemu: string, dwords: ReadonlyMap<string, string>): boolean {
	const other = (wanted: string) => (dwords.has(wanted) ? BigInt(`0x${dwords.get(wanted)}`) : undefined)
	const pair = {name, here: BigInt(`0x${here}`), qemu: BigInt(`0x${qemu}`), other}
	return knownDifferences.some((known) => known.name.test(name) && known.allows(pair))
}
