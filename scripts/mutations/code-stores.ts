/** Mistakes in how code is noticed that stores change, without fence.i. */
import type {Mutation} from './mutation.ts'

const tests = ['test/interpreter/code-stores.test.ts', 'test/translate/code-stores.test.ts']
const contention = 'test/litmus/contention.test.ts'
const stores = 'src/hart/core/code-stores.ts'
const cache = 'src/hart/core/code-cache.ts'
const pages = 'src/hart/core/guest-pages.ts'

export const codeStoreMutations: readonly Mutation[] = [
	{
		name: 'a page of code gets a write entry',
		file: 'src/hart/core/tlb-fill.ts',
		find: '	if (!announceWriter(page)) return false\n',
		replace: '	announceWriter(page)\n',
		tests,
	},
	{
		name: 'what was decoded of stored bytes stays',
		file: stores,
		find: '			else forgetBytes(code, offset, bytes)\n',
		replace: '',
		tests,
	},
	{
		name: 'an instruction stays whose second half is stored',
		file: cache,
		find: 'first == 0 ? 0 : first - 1',
		replace: 'first',
		tests,
	},
	{
		name: 'regions stay when a store changes their code',
		file: cache,
		find: '	if (load<u32>(code, CODE_PAGE_HAS_REGIONS) == 0) return\n',
		replace: '	if (load<u32>(code, CODE_PAGE_HAS_REGIONS) < 2) return\n',
		tests,
	},
	{
		name: 'a region goes on after it has stored to code',
		file: stores,
		find: '			if (inRegion) {\n',
		replace: '			if (inRegion && code == 1) {\n',
		tests,
	},
	{
		name: 'write entries stay when a page becomes code',
		file: cache,
		find: '		if (mayHaveEntries(page)) removeWriteEntries(load<u32>(code, CODE_PAGE_PAGE))\n',
		replace: '',
		tests,
	},
	{
		name: 'after fence.i no page of RAM is compared, though there are other harts',
		file: 'src/hart/core/code-cache.ts',
		find: 'page == 0 || !isAlone()',
		replace: 'page == 0',
		tests: ['test/hart/core/code-cache.test.ts'],
	},
	{
		name: 'last pages stay when a page becomes code',
		file: 'src/hart/core/write-entries.ts',
		find: '			store<u64>(last, 0, TLB_LAST_PAGE_TAG_PLUS_ONE)\n',
		replace: '			store<u64>(last, tag, TLB_LAST_PAGE_TAG_PLUS_ONE)\n',
		tests,
	},
	{
		name: 'stores to the code of the next page are not noticed',
		file: 'src/translate/next-page.ts',
		find: "		code.get(page).i32(offset).i32(bytes.length).call(cover).op('i32.eqz')\n",
		replace: '		code.i32(0)\n',
		tests,
	},
	{
		name: 'a page that is given up as code keeps its slots',
		file: stores,
		find: '		if (code != 0) resetCodePage(code)\n',
		replace: '',
		tests: [contention],
	},
	{
		name: 'other harts are not told of stores to code',
		file: pages,
		find: '& linesOf(offset, length)) announceChange(page)',
		replace: '& linesOf(offset, length)) return',
		tests: [contention],
	},
	{
		name: 'the hart that announced a store is not told of the next one',
		file: pages,
		find: 'if (isChanged && (announcer == 0 || announcer == own)) return',
		replace: 'if (isChanged) return',
		tests: [contention],
	},
	{
		name: 'devices change code unnoticed',
		file: 'src/memory/guest-ram.ts',
		find: '		this.written(gpa, bytes.length)\n',
		replace: '',
		tests: [contention],
	},
]
