/** Mistakes in campaigns: results that are lost or doubled, cores that are given twice. */
import type {Mutation} from './mutation.ts'

const store = 'src/campaign/store.ts'
const storeTests = ['test/campaign/store.test.ts']

export const campaignMutations: readonly Mutation[] = [
	{
		name: 'a result that comes again is stored again',
		file: store,
		find: 'given.filter(({id}) => !this.has(id))',
		replace: 'given',
		tests: storeTests,
	},
	{
		name: 'half a line at the end stays',
		file: store,
		find: 'if (bytes < text.length) await writing(path, truncate(path, bytes))',
		replace: '',
		tests: storeTests,
	},
	{
		name: 'results of another build go into the same folder',
		file: store,
		find: 'if (header.build !== build)',
		replace: 'if (header.build === undefined)',
		tests: storeTests,
	},
	{
		name: 'runs that failed are not done again',
		file: store,
		find: 'all.filter((result) => checks.judged(result).outcome.error === undefined)',
		replace: 'all',
		tests: storeTests,
	},
	{
		name: 'the id of a run does not depend on the build',
		file: 'src/campaign/run.ts',
		find: '		build,\n',
		replace: '',
		tests: ['test/campaign/plan.test.ts'],
	},
	{
		name: 'a run begins with a core fewer than it needs',
		file: 'src/campaign/core-budget.ts',
		find: 'next.needed <= this.#free',
		replace: 'next.needed <= this.#free + 1',
		tests: ['test/campaign/core-budget.test.ts'],
	},
	{
		name: 'small runs pass a large one that waits',
		file: 'src/campaign/core-budget.ts',
		find: 'this.#waiting.push(place)',
		replace: 'needed <= this.#free ? this.#waiting.unshift(place) : this.#waiting.push(place)',
		tests: ['test/campaign/core-budget.test.ts'],
	},
	{
		name: 'a wrong checksum is not noticed',
		file: 'src/campaign/checks.ts',
		find: 'outcome.error === undefined ? this.#checksums.faultOf(workOf(result)) : undefined',
		replace: 'undefined as string | undefined',
		tests: ['test/campaign/records.test.ts'],
	},
	{
		name: 'hosts are mixed in a curve',
		file: 'src/campaign/records.ts',
		find: '({outcome}) => hostKey(outcome.host)',
		replace: "() => ''",
		tests: ['test/campaign/records.test.ts'],
	},
]
