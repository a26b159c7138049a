/** Deliberate differences from QEMU: the tables that the comparisons use, in words. */
import {
	avoidedUses,
	csrsWithoutComparison,
	knownDifferences,
	rowsNotForUser,
	rowsWithoutComparison,
} from '../../test/differential/known-differences.ts'
import {differences as csrDifferences} from '../../test/guests/bare/warl-differences.ts'

/** One line per reason, after the items that it applies to. */
function byReason(entries: Iterable<readonly [what: string, reason: string]>): readonly string[] {
	const groups = Map.groupBy(entries, ([, reason]) => reason)
	return [...groups].map(([reason, those]) => `${[...new Set(those.map(([what]) => what))].join(', ')}: ${reason}`)
}

const code = (text: string) => `\`${text}\``

export function differencesFromQemu(): Readonly<Record<string, readonly string[]>> {
	return {
		'Random programs: expected differences': [...new Set(knownDifferences.map(({reason}) => reason))],
		'Random programs: instructions not compared': byReason([
			...[...rowsWithoutComparison].map(([row, reason]) => [code(row), reason] as const),
			...[...rowsNotForUser].map(([row, reason]) => [`${code(row)} in U`, reason] as const),
		]),
		'Random programs: uses avoided': avoidedUses,
		'Random programs: CSRs not compared, or not in all bits': byReason(
			csrsWithoutComparison.map(({csr, reason}) => [code(csr), reason]),
		),
		'What CSRs read back': byReason(
			csrDifferences.flatMap(({names, reason}) => names.map((name) => [code(name), reason] as const)),
		),
	}
}
