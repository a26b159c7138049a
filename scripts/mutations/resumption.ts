/** Mistakes with regions that are entered at the headers of their loops, and in the choice of what gets a region. */
import type {Mutation} from './mutation.ts'

const tests = ['test/translate/resumption.test.ts'] as const
const emitter = 'src/translate/emit-region.ts'
const dispatch = 'src/translate/emit-dispatch.ts'
const resumption = 'src/translate/resumption.ts'
const flow = 'src/translate/register-flow.ts'
const group = 'src/translate/group.ts'

export const resumptionMutations: readonly Mutation[] = [
	{
		name: 'a region is resumed at its place in each turn of the loop around it',
		file: dispatch,
		find: '		code.i32(notResumed).set(resumesAt)\n',
		replace: '',
		tests,
	},
	{
		name: 'a region that is left before it is resumed is left for its first entry',
		file: emitter,
		find: 'if (!at) return this.#leave(RegionStatus.restart, start)',
		replace: 'if (at || !at) return this.#leave(RegionStatus.restart, start)',
		tests,
	},
	{
		name: 'a header that dispatches is not where the region is resumed',
		file: dispatch,
		find: '		if (!isFirst) arrive(blockAt.get(to)!)\n',
		replace: '',
		tests,
	},
	{
		name: 'a region that writes through keeps locals where it is resumed',
		file: flow,
		find: 'const entries = new Set([0, ...resumedBlocks(region)])',
		replace: 'const entries = new Set([0])',
		tests: [...tests, 'test/translate/calls.test.ts'],
	},
	{
		name: 'a loop around a place is entered past its dispatching block',
		file: resumption,
		find: 'for (const loop of [...around(index).filter((header) => header > 0), root])',
		replace: 'for (const loop of [root])',
		tests,
	},
	{
		name: 'a header in the next page is an entry',
		file: resumption,
		find: 'key === undefined && !isBeyond && start >= 0 && start < pageBytes',
		replace: 'key === undefined',
		tests,
	},
	{
		name: 'another entry leads to the beginning of its region',
		file: 'src/translate/translate.ts',
		find: 'return [{member: index, offset, resumesAt: offset}]',
		replace: 'return [{member: index, offset, resumesAt: notResumed}]',
		tests,
	},
	{
		name: 'each requested place of a loop has a region of its own',
		file: group,
		find: 'if (one.page !== other.page || !hasJoin(one.region, other.entry)) return false',
		replace: 'if (one.page !== other.page || one.page === other.page) return false',
		tests: ['test/translate/group.test.ts'],
	},
	{
		name: 'an inner loop of the requested ones is the entry',
		file: group,
		find: 'return isOuter || !hasJoin(other.region, one.entry) || !hasInside(other.region, one.entry)',
		replace: 'return !isOuter || !hasJoin(other.region, one.entry)',
		tests: ['test/translate/group.test.ts'],
	},
	{
		name: 'a region is made again though it gains nothing',
		file: group,
		find: 'instructionsOf(grown.region) > instructions',
		replace: 'instructionsOf(grown.region) >= instructions',
		tests: ['test/translate/group.test.ts'],
	},
	{
		name: 'what waits is translated though a region has come that has it',
		file: 'src/main/translation/translation-service.ts',
		find: ' || this.#isCovered(request)',
		replace: '',
		tests: ['test/main/translation/translation-service.test.ts'],
	},
	{
		name: 'a place that another region covers has one of its own however seldom it is hot',
		file: 'src/translate/request-filter.ts',
		find: 'before !== undefined && (instret - before) >>> 0 < this.#window',
		replace: 'before !== undefined',
		tests: ['test/translate/request-filter.test.ts'],
	},
]
