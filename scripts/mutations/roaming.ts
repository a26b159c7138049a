/** Mistakes in how registers that lead to and fro between pages are found, and their regions translated again. */
import type {Mutation} from './mutation.ts'

const tests = ['test/translate/roaming.test.ts'] as const
const watch = 'src/translate/roaming-watch.ts'
const core = 'src/hart/core/roaming.ts'
const probe = 'src/translate/probe.ts'

export const roamingMutations: readonly Mutation[] = [
	{
		name: 'an access is followed as if its register were another',
		file: probe,
		find: "code.get(site).i32(siteIdShift).op('i32.shr_u')",
		replace: 'code.get(site)',
		tests,
	},
	{
		name: 'the lookups of a register that roams miss as long as its accesses are watched',
		file: 'src/translate/region-memory.ts',
		find: 'table: this.#table, ignoresWatch: true})',
		replace: 'table: this.#table})',
		tests,
	},
	{
		name: 'a watch goes on until the round ends',
		file: core,
		find: '	if (left <= 0) endWatch()\n',
		replace: '',
		tests,
	},
	{
		name: 'the predictor does not look back',
		file: core,
		find: '(history << 1) | leaves',
		replace: 'leaves & 0',
		tests,
	},
	{
		name: 'a register takes over the figures of the one that had its place',
		file: core,
		find: '		memory.fill(register, 0, WATCHED_SIZE)\n',
		replace: '',
		tests,
	},
	{
		name: 'one watch is enough',
		file: watch,
		find: 'export const fewestWatches = 4',
		replace: 'export const fewestWatches = 1',
		tests,
	},
	{
		name: 'a watch begins in every other round',
		file: watch,
		find: '>= this.#distance) this.#begin(retired)',
		replace: '>= 0) this.#begin(retired)',
		tests,
	},
	{
		name: 'a watch begins with what the last one has learned',
		file: watch,
		find: '		u8.fill(0, watched, watched + watchedRegisters * WatchedRegister.size)\n',
		replace: '',
		tests,
	},
	{
		name: 'the region of a register that roams is requested each time that it is found',
		file: 'src/translate/translator-client.ts',
		find: '			if (region.roaming.includes(id)) continue\n',
		replace: '',
		tests,
	},
	{
		name: 'a register that roamed now and then roams',
		file: watch,
		find: 'else this.#seen.delete(id)',
		replace: 'else if (isFound) this.#seen.delete(id)',
		tests,
	},
	{
		name: 'new code is watched as rarely as old',
		file: watch,
		find: '		this.#distance = shortestDistance\n',
		replace: '',
		tests,
	},
	{
		name: 'new code is watched often for ever',
		file: watch,
		find: 'Math.min(this.#distance * 2, watchDistance)',
		replace: 'this.#distance',
		tests,
	},
	{
		name: 'a region knows only the registers that were found in itself',
		file: 'src/translate/roaming.ts',
		find: 'start < 0 ||',
		replace: 'start !== of.region.blocks[0]!.start ||',
		tests,
	},
	{
		name: 'each hart has the regions of a register translated again',
		file: 'src/main/translation/translation-service.ts',
		find: '(request.roamer && this.#isAnswered(request)) ||',
		replace: '(request.roamer && this.#underWay.has(-1)) ||',
		tests: ['test/main/translation/translation-service.test.ts'],
	},
	{
		name: 'a register that is found to roam while its region is translated is forgotten',
		file: 'src/main/translation/translation-service.ts',
		find: '?.roaming.includes(roamer.id) ?? false',
		replace: '?.roaming.includes(roamer.id) ?? this.#underWay.has(key)',
		tests: ['test/main/translation/translation-service.test.ts'],
	},
	{
		name: 'a region that is asked for again counts as translated',
		file: 'src/main/translation/translation-service.ts',
		find: '		if (roamer) return this.#modules.at(roamer.key).at(-1)?.roaming.includes(roamer.id) ?? false\n',
		replace: '',
		tests: ['test/main/translation/translation-service.test.ts'],
	},
	{
		name: 'a page is held back because regions of it were asked for again',
		file: 'src/main/translation/translation-service.ts',
		find: 'versions.length > 0 && !request.roamer',
		replace: 'versions.length > 0',
		tests: ['test/main/translation/translation-service.test.ts'],
	},
]
