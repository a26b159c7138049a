/** What is checked of tables of translations and their flushes, how large, and which mistakes must be refuted. */
import type {Check, Mistake, Model, Scene} from './model.ts'

/** Macros of translations.pml; those that are left out have its defaults. */
type Parameters = Readonly<
	{POLICY: 'SWAP' | 'SWAP_UNDO' | 'GENERATIONS' | 'ASK' | 'CLEAR_OUTSIDE'} & Partial<
		Record<
			| 'HARTS'
			| 'FLUSHERS'
			| 'FENCES'
			| 'FLUSHES'
			| 'TABLES'
			| 'PAGES'
			| 'LOG'
			| 'RANGES'
			| 'SLEEPS'
			| 'FETCHES'
			| 'KEEPS'
			| 'SPACES'
			| 'SLICE',
			number
		>
	>
>

const scene = <Name extends string>(name: Name, parameters: Parameters, checks: readonly Check[] = ['safety']) =>
	({name, parameters, checks}) satisfies Scene
const long = <Name extends string>(name: Name, parameters: Parameters) =>
	({name, parameters, checks: ['safety'], isLong: true}) satisfies Scene

const both: readonly Check[] = ['safety', 'liveness']
/** Two threads, a fence each. */
const byTwo = {FLUSHERS: 2, FENCES: 1, KEEPS: 0}
/** A fence each. */
const eachOther = {HARTS: 2, FLUSHERS: 0, FENCES: 1, TABLES: 3, SLICE: 1}
const ofPages = {RANGES: 1, PAGES: 2, TABLES: 1, FLUSHES: 0}

const scenes = [
	scene('tables are swapped', {POLICY: 'SWAP', FETCHES: 1}, both),
	scene('tables are swapped by two threads', {POLICY: 'SWAP', ...byTwo, TABLES: 3, SLICE: 1}),
	scene('two harts swap each other’s tables', {POLICY: 'SWAP', ...eachOther}, both),
	scene('tables are undone by their log, or swapped', {POLICY: 'SWAP_UNDO', PAGES: 2, LOG: 1, KEEPS: 0}),
	scene('tables begin generations', {POLICY: 'GENERATIONS', FETCHES: 1}, both),
	scene('tables begin generations, by two threads', {POLICY: 'GENERATIONS', ...byTwo, TABLES: 3, SLICE: 1}),
	scene(
		'tables begin generations and keep last pages, by two threads',
		{POLICY: 'GENERATIONS', ...byTwo, KEEPS: 1, TABLES: 3, FLUSHES: 0, SLICE: 1},
		both,
	),
	scene('generations and posted pages, of a hart that sleeps', {POLICY: 'GENERATIONS', RANGES: 2, SLEEPS: 1}, both),
	scene('two harts begin each other’s generations', {POLICY: 'GENERATIONS', ...eachOther}, both),
	scene('owners empty their tables', {POLICY: 'ASK', FETCHES: 1, SLEEPS: 1}, both),
	scene('others clear tables', {POLICY: 'CLEAR_OUTSIDE', FETCHES: 1, TABLES: 1}, both),
	scene('pages are posted to a hart that sleeps', {POLICY: 'ASK', ...ofPages, SLEEPS: 1}, both),
	scene('pages are posted by two threads', {POLICY: 'ASK', ...ofPages, ...byTwo}),
	scene('a hart goes from space to space', {POLICY: 'SWAP', SPACES: 1, RANGES: 2, TABLES: 3, FLUSHES: 0, KEEPS: 0}),
	scene('spaces and swaps', {POLICY: 'SWAP', SPACES: 2, RANGES: 2, TABLES: 3, FLUSHES: 0, FENCES: 1}, both),
	scene(
		'spaces and generations',
		{POLICY: 'GENERATIONS', SPACES: 2, RANGES: 2, TABLES: 3, FLUSHES: 0, FENCES: 1},
		both,
	),
	long('two pages are swapped by two threads', {POLICY: 'SWAP', ...byTwo, TABLES: 3, PAGES: 2, FLUSHES: 0}),
	long('three generations by two threads', {POLICY: 'GENERATIONS', ...byTwo, TABLES: 3, FLUSHES: 2, SLICE: 1}),
	long('generations of two pages', {POLICY: 'GENERATIONS', PAGES: 2, FLUSHES: 2, KEEPS: 0, SLICE: 1}),
	long('two harts, generations and posted pages', {POLICY: 'GENERATIONS', ...eachOther, RANGES: 2}),
	long('spaces and generations, by two threads', {
		POLICY: 'GENERATIONS',
		...byTwo,
		KEEPS: 1,
		SPACES: 1,
		FLUSHES: 0,
		SLICE: 1,
	}),
	long('spaces, generations and two fences', {POLICY: 'GENERATIONS', SPACES: 1, RANGES: 2, TABLES: 3, FLUSHES: 0}),
] as const

type SceneName = (typeof scenes)[number]['name']

const swaps = 'tables are swapped'
const swappers = 'two pages are swapped by two threads'
const fencers = 'two harts swap each other’s tables'
const undone = 'tables are undone by their log, or swapped'
const generations = 'tables begin generations'
const generationsOfLastPages = 'tables begin generations and keep last pages, by two threads'
const generationsOfTwo = 'three generations by two threads'
const twoPages = 'generations of two pages'
const owners = 'owners empty their tables'
const clearers = 'others clear tables'
const posted = 'pages are posted to a hart that sleeps'
const posters = 'pages are posted by two threads'
const spaces = 'a hart goes from space to space'
const spacesOfGenerations = 'spaces and generations'

const mistake = (name: string, scene: SceneName, what: string, check: Check = 'safety'): Mistake<SceneName> => ({
	name,
	what,
	scene,
	check,
})

/** The code as it was once. */
const formerFaults: readonly Mistake<SceneName>[] = [
	mistake(
		'MegapagesHaveNoGeneration',
		generations,
		'a megapage of an earlier generation fills entries until the next safepoint forgets it',
	),
	mistake(
		'FlusherTriesAgain',
		spacesOfGenerations,
		'a flusher tries again as long as the owner changes its descriptor, as by writes of satp without end',
		'liveness',
	),
]

const mutants: readonly Mistake<SceneName>[] = [
	mistake('SkipGracePeriod', swappers, 'a retired table is taken before its grace period has elapsed'),
	mistake('GracePeriodBeforeTheSwap', swappers, 'the grace period of a table begins before the table is swapped out'),
	mistake('ReuseBeforeClear', swaps, 'a retired table is taken without being cleared'),
	mistake('FillNewTable', swaps, 'an entry is filled into the table that is there after the walk'),
	mistake('AnnouncedAfterTheWalk', swaps, 'a table is marked filled after the walk'),
	mistake(
		'LooksBeforeTheStore',
		swaps,
		'a flusher looks whether the table is filled before the guest has changed the PTE',
	),
	mistake('EarlyFence', swaps, 'a fence completes without a wait'),
	mistake('DryPoolIsNoMatter', swaps, 'a flusher that finds the pool dry posts nothing'),
	mistake('RegionOutlivesTheSafepoint', swaps, 'a region goes on with its descriptor behind a safepoint'),
	mistake('RegionGoesOnAfterAFlush', swaps, 'a region goes on with its descriptor after a flush of its own hart'),
	mistake('SwapIsTwoSteps', swappers, 'a swap loads the descriptor, and stores another'),
	mistake('FenceWaitsOnline', fencers, 'a fence waits without going offline'),
	mistake('LogHasOverflowed', undone, 'a table is emptied by its log although that has overflowed'),
	mistake('FillsAClosedTable', owners, 'an entry is filled into a table that was emptied in place after the walk'),
	mistake('GenerationsBeginAnew', generations, 'after the last generation the first comes again, in the same table'),
	mistake(
		'StaleLastPage',
		generations,
		'a flusher that begins a generation does not post that last pages be forgotten',
	),
	mistake(
		'LastPagesAreLeftToTheFirst',
		generationsOfLastPages,
		'a flusher whose exchange came second does not post that last pages be forgotten',
	),
	mistake('FlusherStoresTheGeneration', generationsOfTwo, 'another thread begins a generation by a store'),
	mistake('OwnerStoresItsGeneration', generationsOfTwo, 'the owner begins a generation by a store'),
	mistake('RecycledByTheLog', twoPages, 'a table with generations is cleared by the log of its last'),
	mistake('DropDoorbell', owners, 'a flusher posts its request, and does not ring'),
	mistake('BellBeforeTheRequest', owners, 'a flusher rings before it posts its request'),
	mistake('BellsTakenBeforeThePass', owners, 'a safepoint takes its bells before it passes the quiescent state'),
	mistake('ClearedBeforeItIsCounted', clearers, 'another thread clears a table before it counts that'),
	mistake('FillIsNotRevoked', clearers, 'a fill does not look whether the table was cleared since its walk'),
	mistake('SleepsOnline', posted, 'a hart sleeps without going offline'),
	mistake('RangeKeepsLastPages', posted, 'an owner that forgets posted pages keeps last pages'),
	mistake('WakesWithoutASafepoint', posted, 'a hart that wakes runs guest code without a safepoint'),
	mistake('LostRange', posted, 'a range that finds the ring full is forgotten'),
	mistake('SlotsFreedBeforeTheyAreRead', posted, 'an owner frees the ring’s slots before it reads them'),
	mistake('PostersTakeNoLock', posters, 'two threads post to the ring at once'),
	mistake('SkipAsidGeneration', spaces, 'a hart that comes back to a space does not compare the count of fences'),
	mistake('CountReadBeforeSatp', spaces, 'a hart reads the count of fences before it stores satp'),
	mistake('CountedAfterTheLook', spaces, 'a fence of a space is counted after it has read satp'),
	mistake('CountedOnlyElsewhere', spaces, 'a fence of a space is counted only if the hart is in another'),
	mistake('RangeIsNotCounted', spaces, 'a range in a space that the hart is not in is not counted'),
	mistake('KeptSpaceKeepsThePage', spaces, 'an owner forgets posted pages only in its current space'),
	mistake('SpacesExchangeInTwoSteps', spaces, 'a hart exchanges the tables of two spaces in two steps'),
]

export const translations: Model = {name: 'translations', scenes, formerFaults, mutants}
