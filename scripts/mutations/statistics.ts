/** Mistakes in telling misses apart, and in what statistics cost when they are off. */
import type {Mutation} from './mutation.ts'

const core = 'test/hart/core/shadow.test.ts'
const units = 'test/tlb/shadow.test.ts'
const shadow = 'src/tlb/core/shadow.ts'
const flush = 'src/tlb/core/flush.ts'

export const statisticsMutations: readonly Mutation[] = [
	{
		name: 'an entry that another page takes is not noted',
		file: shadow,
		find: '	if (before != page) noteDisplaced(block, descriptor, page, before)\n',
		replace: '',
		tests: [core],
	},
	{
		name: 'a zeroed entry is page 0',
		file: shadow,
		find: ' && entryOf(descriptor, page, indexHashOf(block)) == entry\n',
		replace: '\n',
		tests: [core],
	},
	{
		name: 'a page that is only fetched is not seen in its entry',
		file: shadow,
		find: 'const before = read != <u64>NEVER_TAG ? read : load<u64>(entry, TLB_ENTRY_EXEC_TAG)',
		replace: 'const before = read',
		tests: [core],
	},
	{
		name: 'fills since a page was filled count, not those since it was displaced',
		file: shadow,
		find: 'since + resident / 2 < entries',
		replace: 'since + resident < entries',
		tests: [core],
	},
	{
		name: 'fills since a page was displaced count alone',
		file: shadow,
		find: 'since + resident / 2 < entries',
		replace: 'since < entries',
		tests: [core],
	},
	{
		name: 'the last of several flushes is the cause',
		file: shadow,
		find: '	if (!hasEnded(shadow, life)) store<u32>(endOf',
		replace: '	store<u32>(endOf',
		tests: [core],
	},
	{
		name: 'a flush of one page is not noted',
		file: flush,
		find: '	if (shadowOf(block) != 0) notePages(block, first, pages, asid)\n',
		replace: '',
		tests: [core],
	},
	{
		name: 'a page that is remembered beside the one that is flushed is noted',
		file: shadow,
		find: '			((load<u64>(at, SHADOW_PAGE_KEY) - 1) & ~PAGE_MASK) == page &&\n',
		replace: '',
		tests: [core],
	},
	{
		name: 'a kept space that is forgotten is not noted',
		file: 'src/tlb/core/spaces.ts',
		find: '	if (shadowOf(block) != 0) noteDropped(block, space)\n',
		replace: '',
		tests: [core],
	},
	{
		name: 'pages of all regimes are one',
		file: shadow,
		find: 'const key = page + 1 + regime',
		replace: 'const key = page + 1',
		tests: [core],
	},
	{
		name: 'pages of all spaces are one',
		file: shadow,
		find: 'const space = regime < REGIME_SUPERVISOR_SUM ? 0 : load<u64>(block, HART_SATP)',
		replace: 'const space: u64 = 0',
		tests: [core],
	},
	{
		name: 'a page that leads to another frame was lost for nothing',
		file: shadow,
		find: '	else if (load<u32>(found, SHADOW_PAGE_PLACE) != place) count(shadow, MISS_CLASS_REMAPPED)\n',
		replace: '',
		tests: [core],
	},
	{
		name: 'a table that was emptied from outside goes on with its life',
		file: shadow,
		find: 'hasEnded(shadow, life) && descriptorOf(block, regime) == descriptor',
		replace: 'false',
		tests: [core],
	},
	{
		name: 'a page that becomes a victim is displaced',
		file: shadow,
		find: '	if (keepsVictims(block)) {',
		replace: '	if (false) {',
		tests: [core],
	},
	{
		name: 'a table that another hart swaps away is not noted',
		file: 'src/tlb/flush-policy.ts',
		find: '	noteEmptied(tables.memory, state, old, FlushCause.remoteAll)\n',
		replace: '',
		tests: [units],
	},
	{
		name: 'flushes are timed without statistics too',
		file: 'src/hart/core/tlb-flush.ts',
		find: '	if (load<u32>(hart, TLB_TIMES_FLUSHES) == 0) return false\n',
		replace: '',
		tests: [core],
	},
]
