/** Mistakes in the address spaces that a vCPU keeps. */
import type {Mutation} from './mutation.ts'

const units = 'test/tlb/spaces.test.ts'
const torture = 'test/tlb/torture.test.ts'
const core = 'test/hart/core/spaces.test.ts'
const spaces = 'src/tlb/core/spaces.ts'
const flush = 'src/tlb/core/flush.ts'
const tlb = 'src/tlb/tlb.ts'

export const addressSpaceMutations: readonly Mutation[] = [
	{
		name: 'a kept space that was fenced meanwhile has its old entries',
		file: spaces,
		find: 'isCurrent = found != 0 && foundGeneration == generation',
		replace: 'isCurrent = found != 0',
		tests: [units, torture],
	},
	{
		name: 'a fence of a space that is not current is not counted',
		file: tlb,
		find: '			this.#countFence(state, TlbState.offset.fenced + (asid & (asidClasses - 1)) * 4)\n',
		replace: '',
		tests: [units, torture],
	},
	{
		name: 'a fence of all spaces is not counted',
		file: tlb,
		find: '				this.#countFence(state, TlbState.offset.fencedAll)\n',
		replace: '',
		tests: [units, torture],
	},
	{
		name: 'the table of S-mode stays over a switch although it holds pages of the space',
		file: spaces,
		find: '!comesFromKept || !goesToKept || holdsLocalPages(descriptorOf(block, REGIME_SUPERVISOR))',
		replace: '!comesFromKept || !goesToKept',
		tests: [units, core],
	},
	{
		name: 'a fence of the current space leaves its pages in the table of S-mode',
		file: flush,
		find: '!isCurrentKept(block) || holdsLocalPages(descriptorOf(block, REGIME_SUPERVISOR))',
		replace: '!isCurrentKept(block)',
		tests: [torture],
	},
	{
		name: 'pages that are not global are not noted',
		file: 'src/hart/core/translation.ts',
		find: '		if (!walkedGlobal) noteLocalPage(descriptor)\n',
		replace: '',
		tests: [core],
	},
	{
		name: 'a page is global because a pointer beside its own is',
		file: 'src/hart/core/page-walk.ts',
		find: '			pointers |= pte\n',
		replace: '			pointers = PTE_G\n',
		tests: [core],
	},
	{
		name: 'G of a pointer means nothing',
		file: 'src/hart/core/page-walk.ts',
		find: '			pointers |= pte\n',
		replace: '',
		tests: [core],
	},
	{
		name: 'a space without an ASID is kept',
		file: spaces,
		find: ' && asidOf(satp) != 0',
		replace: '',
		tests: [units, core],
	},
	{
		name: 'a kept space is found by its ASID alone',
		file: spaces,
		find: 'if (load<u64>(space, TLB_SPACE_SATP) == satp) return space',
		replace: 'if (belongsTo(space, asidOf(satp))) return space',
		tests: [units],
	},
	{
		name: 'a flush of everything leaves the kept spaces',
		file: flush,
		find: '	countCause(block, cause)\n	dropSpaces(block)\n',
		replace: '	countCause(block, cause)\n',
		tests: [units, core],
	},
	{
		name: 'a request to flush everything leaves the kept spaces',
		file: flush,
		find: '	setCause(block, FLUSH_CAUSE_REMOTE_ALL)\n	dropSpaces(block)\n',
		replace: '	setCause(block, FLUSH_CAUSE_REMOTE_ALL)\n',
		tests: [units],
	},
	{
		name: 'a fence of one space leaves it if it is kept',
		file: flush,
		find: '	dropSpacesOf(block, asid)\n',
		replace: '',
		tests: [units, core],
	},
	{
		name: 'a page flush leaves the kept spaces',
		file: flush,
		find: 'if (asid == EVERY_ASID ? isUsed(space) : belongsTo(space, asid)) forgetPagesIn',
		replace: 'if (!isUsed(space) && belongsTo(space, asid)) forgetPagesIn',
		tests: [units, core],
	},
	{
		name: 'a kept space stays although a superpage would empty one of its tables',
		file: flush,
		find: '		if (!forgetPagesOf(block, descriptorIn(space, regime), first, pages)) return dropSpace(block, space)\n',
		replace: '		forgetPagesOf(block, descriptorIn(space, regime), first, pages)\n',
		tests: [units],
	},
	{
		name: 'the space that was left last is evicted',
		file: spaces,
		find: 'clock - load<u32>(space, TLB_SPACE_LEFT) > clock',
		replace: 'clock - load<u32>(space, TLB_SPACE_LEFT) < clock',
		tests: [units],
	},
	{
		name: 'a space that is kept nowhere begins with another one’s entries',
		file: spaces,
		find: 'return isCurrent ? left : left | emptyInPlace(block, REGIME_SUPERVISOR_SUM, REGIME_COUNT)',
		replace: 'return found != 0 || space == 0 ? left | emptyInPlace(block, REGIME_SUPERVISOR_SUM, REGIME_COUNT) : left',
		tests: [units, core],
	},
	{
		name: 'a page that becomes code keeps its write entries in kept spaces',
		file: 'src/hart/core/write-entries.ts',
		find: '		if (isUsed(space)) visitSpace(space, wanted)\n',
		replace: '',
		tests: [core],
	},
	{
		name: 'a machine that starts again has its kept spaces from before',
		file: tlb,
		find: '		this.#memory.i64[(at + TlbSpace.offset.satp) >>> 3] = 0n\n',
		replace: '',
		tests: [units],
	},
]
