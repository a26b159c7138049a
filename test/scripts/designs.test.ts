import test from 'ava'
import {designs} from '../../scripts/designs.ts'
import {formatTlbDesign, parseTlbDesign, tagEncodings, tlbKeys} from '../../src/tlb/index.ts'

test('every policy is checked with each encoding, with and without kept address spaces, and no design twice', (t) => {
	const names = designs.map(formatTlbDesign)
	for (const policy of Object.keys(tlbKeys.policy.values))
		for (const encoding of tagEncodings)
			for (const asids of ['0', '8']) {
				const wanted = formatTlbDesign(parseTlbDesign(`policy=${policy},encoding=${encoding},asids=${asids}`))
				t.true(names.includes(wanted), wanted)
			}
	t.is(new Set(names).size, names.length)
})

test('every key of the design but those of statistics has another value than its default in one of them', (t) => {
	for (const [field, key] of Object.entries(tlbKeys)) {
		const values = designs.map((design) => (design as Record<string, string | undefined>)[field] ?? key.default)
		t.is(
			values.some((value) => value !== key.default),
			field !== 'statistics',
			field,
		)
	}
})
