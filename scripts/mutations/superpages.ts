/** Mistakes in page flushes inside superpages. */
import type {Mutation} from './mutation.ts'

const units = 'test/tlb/superpages.test.ts'
const core = 'test/hart/core/tlb-flush.test.ts'
const superpages = 'src/tlb/core/superpages.ts'

export const superpageMutations: readonly Mutation[] = [
	{
		name: 'a page flush inside a superpage invalidates one piece of it',
		file: 'src/tlb/core/flush.ts',
		find: '	if (!forgetSuperpages(descriptor, first, pages, tagBias, indexHash)) return false\n',
		replace: '',
		tests: [units, core],
	},
	{
		name: 'a superpage whose place another one has is not noted',
		file: superpages,
		find: '	else store<u64>(trailer, unnamed(trailer) | ((<u64>1) << place), TLB_TRAILER_SUPERPAGES_UNNAMED)\n',
		replace: '',
		tests: [units],
	},
	{
		name: 'superpages are noted for their place alone',
		file: superpages,
		find: '!= nameOf(base, log2)',
		replace: '== 0',
		tests: [units],
	},
	{
		name: 'a superpage is named for ever',
		file: superpages,
		find: '	store<u64>(trailer + (place << 3), 0, TLB_TRAILER_SUPERPAGES)\n',
		replace: '',
		tests: [units, core],
	},
	{
		name: 'a superpage that was flushed leaves its large pages',
		file: superpages,
		find: '	dropLargePages(trailer, base, span)\n',
		replace: '',
		tests: [core],
	},
	{
		name: 'slot 0 is looked for in the log, with poison-zero too',
		file: superpages,
		find: '	if (hasPoison(tagBias)) invalidateInside(table, base, span)\n',
		replace: '',
		tests: [units],
	},
	{
		name: 'of a superpage at address 0 empty entries are invalidated',
		file: superpages,
		find: 'if (load<u64>(entry, TLB_ENTRY_READ_TAG) != 0) invalidateInside',
		replace: 'invalidateInside',
		tests: [units],
	},
	{
		name: 'a log that has overflowed names all entries',
		file: superpages,
		find: 'const byLog = hasWholeLog(descriptor) && logged < slots',
		replace: 'const byLog = logged < slots',
		tests: [units],
	},
	{
		name: 'the last slot of a superpage is left',
		file: superpages,
		find: '<u32>pages + 1 : entries',
		replace: '<u32>pages : entries',
		tests: [units],
	},
	{
		name: 'of a range only the superpage where it begins is flushed',
		file: superpages,
		find: 'index <= more',
		replace: 'index < 1',
		tests: [units],
	},
	{
		name: 'a superpage is noted in the size of a page',
		file: 'src/hart/core/translation.ts',
		find: 'noteSuperpage(descriptor, gva, walkedSpan)',
		replace: 'noteSuperpage(descriptor, gva, PAGE_BYTES)',
		tests: [core],
	},
]
