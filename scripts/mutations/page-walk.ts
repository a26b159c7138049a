/** Mistakes in address translation. */
import type {Mutation} from './mutation.ts'

const walk = 'src/hart/core/page-walk.ts'
const regimes = 'src/hart/core/regimes.ts'
const tests = ['test/hart/core/page-walk.test.ts', 'test/differential/differential.test.ts']

export const pageWalkMutations: readonly Mutation[] = [
	{
		name: 'a walk does not set A',
		file: walk,
		find: 'pte | PTE_A | (access == ACCESS_STORE ? PTE_D : 0)',
		replace: 'pte | (access == ACCESS_STORE ? PTE_D : 0)',
		tests,
	},
	{
		name: 'S accesses user pages without SUM',
		file: regimes,
		find: 'userPage ? regime != REGIME_SUPERVISOR : regime',
		replace: 'userPage ? true : regime',
		tests,
	},
	{
		name: 'S executes user pages',
		file: regimes,
		find: 'userPage == (regime == REGIME_USER)',
		replace: 'userPage || regime != REGIME_USER',
		tests,
	},
	{
		name: 'misaligned superpages are accepted',
		file: walk,
		find: '		if (base & (span - 1)) return pageFault(access)\n',
		replace: '',
		tests,
	},
	{
		name: 'MXR is ignored',
		file: regimes,
		find: 'PTE_R | (load<u64>(hart, HART_MSTATUS) & STATUS_MXR ? PTE_X : 0)',
		replace: 'PTE_R',
		tests,
	},
	{
		name: 'non-canonical addresses are accepted',
		file: walk,
		find: '	if (<u64>(<i64>(gva << unused) >> unused) != gva) return pageFault(access)\n',
		replace: '',
		tests,
	},
	{
		name: 'a clean page may be written without a walk',
		file: 'src/hart/core/translation.ts',
		find: '		if (!(walkedPte & PTE_D)) may &= ~MAY_WRITE\n',
		replace: '',
		tests: ['test/hart/core/tlb-fill.test.ts', ...tests],
	},
]
