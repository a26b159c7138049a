/** Mistakes in what fences order: memory, translations, instructions. */
import type {Mutation} from './mutation.ts'

const litmus = 'test/litmus/control.test.ts'
const contention = 'test/litmus/contention.test.ts'
const tlb = 'src/tlb/tlb.ts'
const table = 'src/tlb/core/table.ts'
const flush = 'src/tlb/core/flush.ts'
const supervision = 'src/hart/core/supervision.ts'
const invalidations = 'test/hart/core/invalidations.test.ts'

export const fenceMutations: readonly Mutation[] = [
	{
		name: 'fence orders nothing',
		file: 'src/interpreter/emit-handler.ts',
		find: "			code.op('atomic.fence')\n",
		replace: '',
		tests: [litmus],
	},
	{
		name: 'lr.rl is not ordered after earlier stores',
		file: 'src/codegen/memory-access.ts',
		find: "		if (releases) code.op('atomic.fence')\n",
		replace: '',
		tests: [litmus],
	},
	{
		name: 'on weakly ordered hosts later accesses may pass the store of an AMO or SC',
		file: 'src/codegen/memory-access.ts',
		find: "if (this.#hostOrder === 'weak') this",
		replace: 'if (Number.isNaN(0)) this',
		tests: ['test/execution/host-order.test.ts'],
	},
	{
		name: 'satp may be seen before what was done in the old address space',
		file: 'src/hart/core/csr-supervisor.ts',
		find: 'atomic.store<u32>(hart, <u32>(value >> 32), HART_SATP + 4)',
		replace: 'store<u32>(hart, <u32>(value >> 32), HART_SATP + 4)',
		tests: ['test/hart/core/satp-store.test.ts'],
	},
	{
		name: 'a remote fence does not wait for its targets',
		file: tlb,
		find: '		for (const target of this.#awaited) this.rcu.waitForReader(target, gracePeriod)\n',
		replace: '',
		tests: ['test/tlb/torture.test.ts', contention],
	},
	{
		name: 'a remote fence leaves the tables of its targets',
		file: tlb,
		find: 'if (this.#tables.policy.flushOther(this.#tables, state, regime)) continue',
		replace: 'if (this.#tables.policy) continue',
		tests: ['test/tlb/tlb.test.ts', 'test/tlb/torture.test.ts'],
	},
	{
		name: 'a remote fence.i tells its targets to flush their TLBs',
		file: tlb,
		find: "what === 'instructions' ? Doorbell.fenceI : Doorbell.flush",
		replace: 'Doorbell.flush',
		tests: ['test/tlb/tlb.test.ts', contention],
	},
	{
		name: 'fence.i begins no new generation of decoded code',
		file: 'src/hart/core/supervision.ts',
		find: '	store<u32>(hart, generation, RUN_CODE_GENERATION)\n',
		replace: '',
		tests: ['test/hart/core/code-cache.test.ts'],
	},
	{
		name: 'a walk fills the table that came after its own',
		file: 'src/hart/core/fetch.ts',
		find: 'fill(descriptor, page, physicalPage, may, code)',
		replace: 'fill(loadDescriptor(regime), page, physicalPage, may, code)',
		tests: ['test/hart/core/tlb-fill.test.ts'],
	},
	{
		name: 'a table that was emptied in place since the walk began is filled',
		file: 'src/hart/core/fetch.ts',
		find: 'if (isOpen(descriptor)) fill(',
		replace: 'fill(',
		tests: ['test/hart/core/tlb-flush.test.ts'],
	},
	{
		name: 'an entry that is filled is not logged',
		file: 'src/hart/core/tlb-fill.ts',
		find: 'logged + 1, TLB_TRAILER_LOGGED',
		replace: 'logged, TLB_TRAILER_LOGGED',
		tests: ['test/hart/core/tlb-flush.test.ts', contention],
	},
	{
		name: 'an emptied table matches page 0 in slot 0',
		file: table,
		find: 'writeEntry(tableOf(descriptor), NEVER_TAG)',
		replace: 'writeEntry(tableOf(descriptor), 0)',
		tests: ['test/hart/core/tlb-flush.test.ts'],
	},
	{
		name: 'slot 0 is not logged, with tags plus one either',
		file: 'src/hart/core/tlb-fill.ts',
		find: 'if (slot == 0 && hasPoison(tagBiasOf(hart))) return',
		replace: 'if (slot == 0) return',
		tests: ['test/hart/core/tlb-flush.test.ts'],
	},
	{
		name: 'a page flush looks for the address, with tags plus one too',
		file: table,
		find: 'const tag = tagIn(descriptor, page, tagBias)',
		replace: 'const tag = page',
		tests: ['test/tlb/tag-encoding.test.ts', 'test/hart/core/tlb-flush.test.ts'],
	},
	{
		name: 'a page flush leaves what translated code keeps of the page',
		file: table,
		find: '	memory.fill(trailerOf(descriptor) + TLB_TRAILER_LAST_PAGES, 0, LAST_PAGE_COUNT * TLB_LAST_PAGE_SIZE)\n',
		replace: '',
		tests: ['test/tlb/tlb.test.ts', 'test/translate/remapping.test.ts'],
	},
	{
		name: 'sfence.inval.ir invalidates nothing',
		file: supervision,
		find: 'return invalidatePending() ? FENCE_STATUS_FLUSHED : FENCE_STATUS_DONE',
		replace: 'return FENCE_STATUS_DONE',
		tests: [invalidations],
	},
	{
		name: 'what sinval.vma named before its list was full is forgotten',
		file: 'src/hart/core/invalidations.ts',
		find: '	if (isFull) invalidatePending()\n',
		replace: '',
		tests: [invalidations],
	},
	{
		name: 'sinval.vma takes a page of another address space for the next one of its range',
		file: 'src/hart/core/invalidations.ts',
		find: 'load<i32>(range, PENDING_RANGE_ASID) != asid || ',
		replace: '',
		tests: [invalidations],
	},
	{
		name: 'what sinval.vma named is still pending after a write of satp',
		file: 'src/hart/core/csr-supervisor.ts',
		find: '	invalidatePending()\n',
		replace: '',
		tests: [invalidations],
	},
	{
		name: 'what sinval.vma named is still pending after sfence.vma',
		file: supervision,
		find: '	slowWork(SLOW)\n	invalidatePending()\n',
		replace: '	slowWork(SLOW)\n',
		tests: [invalidations],
	},
	{
		name: 'TVM does not forbid sinval.vma',
		file: supervision,
		find: '	if (forbidden(STATUS_TVM)) return FENCE_STATUS_ILLEGAL\n',
		replace: '',
		tests: [invalidations],
	},
	{
		name: 'the tables that a flush in place has left stay',
		file: 'src/hart/core/tlb-flush.ts',
		find: '	if (regimes != 0) replaceTables(regimes)\n',
		replace: '',
		tests: ['test/hart/core/tlb-flush.test.ts', contention],
	},
	{
		name: 'a write of PMP’s registers leaves the tables that do not translate',
		file: flush,
		find: 'cause == FLUSH_CAUSE_PMP_WRITE || ',
		replace: '',
		tests: ['test/tlb/tlb.test.ts', 'test/hart/core/tlb-flush.test.ts'],
	},
	{
		name: 'an undone table keeps the large pages of a regime that does not translate',
		file: 'src/hart/core/tlb-fill.ts',
		find: '	noteSize(descriptor, LARGE_PAGE_SHIFT)\n',
		replace: '',
		tests: ['test/hart/core/tlb-flush.test.ts'],
	},
	{
		name: 'a superpage permits what PMP permits one page of it',
		file: 'src/hart/core/translation.ts',
		find: 'pmpRange(gpa - before, LARGE_PAGE_MASK + 1, machine)',
		replace: 'pmpPage(gpa, machine)',
		tests: ['test/hart/core/pmp.test.ts'],
	},
	{
		name: 'a superpage ends where guest RAM does, or behind it',
		file: 'src/hart/core/translation.ts',
		find: ' || ramAt(gpa - before + LARGE_PAGE_MASK) == 0',
		replace: '',
		tests: ['test/hart/core/tlb-fill.test.ts'],
	},
	{
		name: 'a superpage that is clean may be written',
		file: 'src/hart/core/translation.ts',
		find: 'keepLargePage(gva, descriptor, mapped, machine)',
		replace: 'keepLargePage(gva, descriptor, mapped | MAY_WRITE, machine)',
		tests: ['test/hart/core/tlb-fill.test.ts'],
	},
	{
		name: 'sfence.vma of one page flushes none',
		file: 'src/hart/core/supervision.ts',
		find: '	if (rs1Register != 0) flushPage(gva, ofAll ? EVERY_ASID : <i32>(asid & SATP_ASID))\n',
		replace: '	if (rs1Register != 0) return 1\n',
		tests: ['test/hart/core/trap.test.ts', 'test/differential/differential.test.ts'],
	},
]
