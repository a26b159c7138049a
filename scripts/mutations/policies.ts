/** Mistakes in flush policies, in tables that change their size, and in victims. */
import type {Mutation} from './mutation.ts'

const units = 'test/tlb/policies.test.ts'
const interleavings = 'test/tlb/fence-interleavings.test.ts'
const torture = 'test/tlb/torture.test.ts'
const core = 'test/hart/core/sizing.test.ts'
const policy = 'src/tlb/flush-policy.ts'
const inPlace = 'src/tlb/core/in-place.ts'
const table = 'src/tlb/core/table.ts'
const sizing = 'src/tlb/core/sizing.ts'
const victims = 'src/tlb/core/victims.ts'

export const policyMutations: readonly Mutation[] = [
	{
		name: 'the owner begins no generation',
		file: inPlace,
		find: 'descriptor, descriptor + GENERATION_STEP)',
		replace: 'descriptor, descriptor)',
		tests: [units, torture],
	},
	{
		name: 'the last generation is followed by the first in the same table',
		file: inPlace,
		find: '	if ((descriptor & GENERATION_MASK) == GENERATION_MASK) return false\n',
		replace:
			'	if ((descriptor & GENERATION_MASK) == GENERATION_MASK) {\n		atomic.store<u32>(placeOfDescriptor(block, regime), (descriptor & ~GENERATION_MASK) | GENERATION_STEP)\n		return true\n	}\n',
		tests: [units],
	},
	{
		name: 'a table that was cleared after its last generation stays in it',
		file: policy,
		find: 'const first = (descriptor & ~generationMask) | generationStep',
		replace: 'const first = descriptor',
		tests: [units],
	},
	{
		name: 'a flush from outside begins no generation',
		file: policy,
		find: 'word, descriptor, descriptor + generationStep)',
		replace: 'word, descriptor, descriptor)',
		tests: [units, torture],
	},
	{
		name: 'after another thread has begun a generation the owner keeps its last pages',
		file: policy,
		find: '		tables.observer?.advanced({state, regime, cause: FlushCause.remoteAll}, tableGeneration(descriptor) + 1)\n	}\n	// In either case: a thread whose exchange came first may not have posted it yet.\n	postLastPages(tables.memory, state)\n',
		replace:
			'		tables.observer?.advanced({state, regime, cause: FlushCause.remoteAll}, tableGeneration(descriptor) + 1)\n	}\n',
		tests: [units],
	},
	{
		name: 'a thread that begins no generation, since another came first, leaves it to that one to post last pages',
		file: policy,
		find: '	}\n	// In either case: a thread whose exchange came first may not have posted it yet.\n	postLastPages(tables.memory, state)\n',
		replace: '		postLastPages(tables.memory, state)\n	}\n',
		tests: [interleavings],
	},
	{
		name: 'a thread tries to begin a generation until no other comes first',
		file: policy,
		find: '	if (before === descriptor) {\n',
		replace:
			'	if (before !== descriptor) return advanceOther(tables, state, regime)\n	if (before === descriptor) {\n',
		tests: [interleavings],
	},
	{
		name: 'a megapage of an earlier generation is found',
		file: 'src/hart/core/tlb-fill.ts',
		find: 'gva | <u64>(descriptor & GENERATION_MASK)',
		replace: 'gva',
		tests: ['test/hart/core/tlb-fill.test.ts'],
	},
	{
		name: 'a clearing by another thread is not counted',
		file: table,
		find: '	atomic.add<u32>(end, 1, TLB_TRAILER_CLEARINGS)\n',
		replace: '',
		tests: [units, torture],
	},
	{
		name: 'generated code compares tags without their generation',
		file: 'src/interpreter/build-interpreter.ts',
		find: "code.get(table).i32(generationMask).op('i32.and').i32(form.bias)",
		replace: 'code.i32(0).i32(form.bias)',
		tests: ['test/interpreter/lookups.test.ts'],
	},
	{
		name: 'a table with generations is cleared by its log alone',
		file: table,
		find: '!hasGenerations(descriptor) && load<i32>',
		replace: 'load<i32>',
		tests: [units],
	},
	{
		name: 'swap-clear takes a retired table as it is',
		file: 'src/tlb/table-pool.ts',
		find: '		zero(this.#descriptor(table), this.#tagBias)\n',
		replace: "		if (this.#policy.zeroing === 'ahead') zero(this.#descriptor(table), this.#tagBias)\n",
		tests: [units],
	},
	{
		name: 'a window of QEMU’s rule never ends',
		file: sizing,
		find: '> WINDOW',
		replace: '> 1_000_000',
		tests: [units],
	},
	{
		name: 'a table that shall grow is not asked for',
		file: sizing,
		find: '	atomic.or<u32>(block, RESIZE_BIT, TLB_REQUEST_BITS)\n',
		replace: '',
		tests: [core],
	},
	{
		name: 'a page that was displaced counts as come back with any page',
		file: sizing,
		find: '|| load<u16>(placeOf(trailer, hash), TLB_TRAILER_DISPLACED) != nameOf(hash)) return',
		replace: ') return',
		tests: [core],
	},
	{
		name: 'a page flush leaves victims',
		file: 'src/tlb/core/flush.ts',
		find: '	dropVictims(descriptor)\n',
		replace: '',
		tests: [core],
	},
	{
		name: 'a flush leaves victims',
		file: table,
		find: '	if (hasVictims(descriptor)) return TLB_TRAILER_LOG\n',
		replace: '',
		tests: [core],
	},
	{
		name: 'a victim comes back without what it displaces',
		file: victims,
		find: '		store<u64>(victim + word, displaced)\n',
		replace: '',
		tests: [core],
	},
	{
		name: 'a place without a victim is taken for page 0',
		file: victims,
		find: 'tag == 0 || ',
		replace: '',
		tests: [core],
	},
	{
		name: 'a table that could not grow does not ask again',
		file: sizing,
		find: '(returned & (RETURNS_TO_GROW - 1)) == 0',
		replace: 'returned == RETURNS_TO_GROW',
		tests: [core],
	},
	{
		name: 'victims keep their write entries when their page becomes code',
		file: 'src/hart/core/write-entries.ts',
		find: '	if (hasVictims(descriptor)) {\n',
		replace: '	if (VICTIM_COUNT == 0) {\n',
		tests: [core],
	},
]
