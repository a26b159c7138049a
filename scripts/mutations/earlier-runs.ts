/** Mistakes in what is kept of translations from one run to the next. */
import type {Mutation} from './mutation.ts'

const cache = 'src/translate/region-cache.ts'
const files = 'src/main/translation/kept-files.ts'
const format = 'src/main/translation/kept-format.ts'
const regions = ['test/translate/known-regions.test.ts'] as const
const kept = ['test/main/translation/kept-files.test.ts'] as const

export const earlierRunMutations: readonly Mutation[] = [
	{
		name: 'a region of an earlier run is placed without a look at its code',
		file: cache,
		find: 'region.entry !== pageOffset || !this.#sourcesMatch(region, page) || !this.#placeKnown',
		replace: 'region.entry !== pageOffset || !this.#placeKnown',
		tests: regions,
	},
	{
		name: 'a region of an earlier run runs before stores to its code are noticed',
		file: cache,
		find: 'if (this.#covers(region, codeBase, page)) return placed.base + region.index',
		replace: 'return placed.base + region.index',
		tests: regions,
	},
	{
		name: 'regions of other pages of the module get places in this one',
		file: cache,
		find: '.filter((each) => each.page === region.page)\n			.map(',
		replace: '.map(',
		tests: regions,
	},
	{
		name: 'code that was decoded before the modules of earlier runs came stays interpreted',
		file: cache,
		find: 'this.#placeKnown({of: known, region}, page)\n',
		replace: 'void page\n',
		tests: regions,
	},
	{
		name: 'a module of an earlier run that is dropped is found again',
		file: cache,
		find: '		this.#known.drop(id)\n',
		replace: '',
		tests: regions,
	},
	{
		name: 'a register of a region of an earlier run roams under the id of its new place',
		file: cache,
		find: 'placeHash(watchedAs ?? regionKey(page, entry))',
		replace: 'placeHash(regionKey(page, entry))',
		tests: regions,
	},
	{
		name: 'regions of earlier runs get more and more places',
		file: cache,
		find: 'if (this.#knownPlaced <= this.#limits.knownPlaces || oldest === name) break',
		replace: 'if (oldest !== undefined) break',
		tests: regions,
	},
	{
		name: 'what is new is written at the end of a run only',
		file: 'src/main/translation/kept-translations.ts',
		find: 'this.#beats >= mostBeats) void this.write()',
		replace: 'this.#beats >= mostBeats) void this.#path',
		tests: ['test/main/translation/kept-translations.test.ts'],
	},
	{
		name: 'a helper that hangs holds up the start of a machine',
		file: 'src/main/translation/kept-translations.ts',
		find: '++this.#beatsWaited === patientBeats',
		replace: '++this.#beatsWaited < 0',
		tests: ['test/main/translation/kept-translations.test.ts'],
	},
	{
		name: 'the end of a run does not wait for what a heartbeat has begun to write',
		file: 'src/main/translation/kept-translations.ts',
		find: 'this.#writing = this.#writing.then(() => this.#writeNew())',
		replace: 'this.#writing = this.#writeNew()',
		tests: ['test/main/translation/kept-translations.test.ts'],
	},
	{
		name: 'a file is read whatever its digest says',
		file: format,
		find: '.equals(bytes.subarray(0, digestBytes))) return undefined',
		replace: '.equals(bytes.subarray(0, digestBytes))) void 0',
		tests: kept,
	},
	{
		name: 'a file that others may write is read',
		file: files,
		find: 'return uid === process.getuid?.() && (mode & 0o022) === 0',
		replace: 'return uid === process.getuid?.() && mode > 0',
		tests: kept,
	},
	{
		name: 'a file is written in place, so that others see a part of it',
		file: files,
		find: 'const draft = `',
		replace: 'const draft = path || `',
		tests: kept,
	},
	{
		name: 'a new file has only what is new',
		file: files,
		find: "[...(typeof before === 'string' ? [] : before), ...modules]",
		replace: '[...modules]',
		tests: kept,
	},
	{
		name: 'of files that are too many the one that was used last goes',
		file: files,
		find: '.toSorted((one, other) => other.used - one.used)',
		replace: '.toSorted((one, other) => one.used - other.used)',
		tests: kept,
	},
]
