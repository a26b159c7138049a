/*
 * Tables of translations, and how they are flushed: src/tlb (tlb.ts, flush-policy.ts, flush-requests.ts, table-pool.ts, core/),
 * the miss (src/hart/core/translation.ts, tlb-fill.ts) and the hart's loop (src/vcpu-worker/vcpu.ts). Grace periods are no more
 * here than what src/rcu promises, and what grace-periods.pml shows of it: one has elapsed once each reader that was online when
 * it began has passed a quiescent state or gone offline.
 *
 * A line with a comment behind it is one atomic step; the comment names the function and its operation. Plain accesses to what
 * no other thread uses at that time are part of a step beside them: a table's entries, log and trailer are its owner's until it
 * is cleared, apart from `filled`, and under CLEAR_OUTSIDE from the entries, which others clear, and `clearings`.
 *
 * Left out: sizes, victims, superpages; the table that address spaces share. A hart has one table. Numbers are small: generations
 * end at 2, the log has room for LOG entries, the ring for one range. Who takes a table clears it; a helper that clears ahead of
 * time does the same, earlier.
 *
 * Shown without a claim: the assertions, and that no thread is stuck. Shown with the claim, under weak fairness: fences end. The
 * names below that begin with a capital and a small letter are mistakes, as in grace-periods.pml.
 */

/* Flush policies: swap-pool, swap-undo, epoch-tag, clear, atomic-clear. */
#define SWAP 1
#define SWAP_UNDO 2
#define GENERATIONS 3
#define ASK 4
#define CLEAR_OUTSIDE 5
#ifndef POLICY
#define POLICY SWAP
#endif

/* Two harts fence each other; one hart is fenced by threads that have no tables. */
#ifndef HARTS
#define HARTS 1
#endif
#ifndef FLUSHERS
#define FLUSHERS 1
#endif
/* How many fences each thread makes, and how many flushes of their own all harts together. */
#ifndef FENCES
#define FENCES 2
#endif
#ifndef FLUSHES
#define FLUSHES 1
#endif
#ifndef TABLES
#define TABLES 2
#endif
#ifndef PAGES
#define PAGES 1
#endif
#ifndef LOG
#define LOG 2
#endif
/* Fences are of everything, of a page, or (2) of either. */
#ifndef RANGES
#define RANGES 0
#endif
/* Whether a hart sleeps in wfi; whether a fetch may flush between its walk and its fill. */
#ifndef SLEEPS
#define SLEEPS 0
#endif
#ifndef FETCHES
#define FETCHES 0
#endif
/* Whether translated code keeps last pages, and misses fill from megapages (of one page). */
#ifndef KEEPS
#define KEEPS 1
#endif
/* Whether a hart goes from address space to address space; then fences are of one, or (2) of one or of all. */
#ifndef SPACES
#define SPACES 0
#endif
/* Accesses and flushes of a hart between two safepoints. */
#ifndef SLICE
#define SLICE 2
#endif

/* A table's number, and its generation in the bits above. 0: no table. */
#define tableOf(descriptor) ((descriptor) & 7)
#define generationOf(descriptor) ((descriptor) >> 3)
#define GENERATION 8
#define LAST_GENERATION 2
#if POLICY == GENERATIONS
#define FIRST GENERATION
#else
#define FIRST 0
#endif
/* Under the other policies last pages go with their table, or are dropped where it is emptied: the owner does both. */
#define keepsLastPages KEEPS

/*
 * An entry: the version of the page table that it was filled from, and the generation in the bits above, as in its tag. 0 and
 * NEVER match nothing. The other address space has one version, which no fence concerns.
 */
#define NEVER 255
#define versionOf(entry) ((entry) & 7)
#define OTHER 7
#define at(table, page) ((table) * PAGES + (page))
#define entryOf(descriptor, page) entry[at(tableOf(descriptor), page)]
#define hits(descriptor, page) \
	(entryOf(descriptor, page) != 0 && generationOf(entryOf(descriptor, page)) == generationOf(descriptor))
#define tagged(descriptor, version) ((version) | generationOf(descriptor) << 3)
#ifdef GenerationsBeginAnew
#define isLast(descriptor) false
#define nextOf(descriptor) (generationOf(descriptor) == LAST_GENERATION -> tableOf(descriptor) | FIRST : (descriptor) + GENERATION)
#else
#define isLast(descriptor) (generationOf(descriptor) == LAST_GENERATION)
#define nextOf(descriptor) ((descriptor) + GENERATION)
#endif

/* TablePool: states of tables. Retired ones wait for the readers in `awaited`. */
#define FREE 0
#define IN_USE 1
#define RETIRED 2
byte state[TABLES + 1];
byte entry[(TABLES + 1) * PAGES];
/* The trailer: announced before the walk; how many entries were logged, and which of them the log names; how often another
   thread has cleared the entries; a last page, which translated code keeps; a megapage. */
bit filled[TABLES + 1];
byte logged[TABLES + 1];
byte log[TABLES + 1];
byte clearings[TABLES + 1];
byte lastPage[TABLES + 1];
byte megapage[TABLES + 1];

/* Readers that are online, a bit each; and those that a grace period still waits for: of each retired table, and of each thread's
   fence. */
#define bitOf(hart) (1 << (hart))
#define THREADS (HARTS + FLUSHERS)
byte onlineReaders;
#define fenceOf(thread) (TABLES + 1 + (thread))
byte awaited[TABLES + 1 + THREADS];

/* TlbState and VcpuWords, of each hart. Requests: bits, and a ring of one page. */
#define EVERYTHING 1
#define LAST_PAGES 2
byte descriptor[HARTS];
byte request[HARTS];
byte ring[HARTS];
byte ringHead[HARTS];
byte ringTail[HARTS];
bit ringLock[HARTS];
bit bell[HARTS];

/* Address spaces. satp; the space that a hart keeps, with its table; how often others have fenced FENCED, and all spaces; and the
   sum of both when the hart last came to its current space, and to the one that it keeps. */
#define FENCED 1
#define ELSEWHERE 2
byte satp[HARTS];
byte keptSpace[HARTS];
byte keptDescriptor[HARTS];
byte counted[HARTS];
byte countedAll[HARTS];
byte currentCount[HARTS];
byte keptCount[HARTS];

/* What a hart has in its hands in a critical section: the table of its region, of a miss, and one that it empties; and the
   translation that it used last, with the page's number in the bits above. */
byte base[HARTS];
byte missed[HARTS];
byte emptied[HARTS];
byte inUse[HARTS];
#define used(version, page) ((version) | (page) << 3)

/* What is to be shown. The version of each page's PTE; the least that each hart may use; fences under way. */
byte pte[PAGES];
byte least[HARTS * PAGES];
byte underWay;

byte flushes = FLUSHES;

/* Of a step; no part of the state. */
hidden byte i;
hidden byte j;

ltl fences_end { <>[] (underWay == 0) }

#if HARTS > 1
#define isHeld(table) (isHeldBy(table, 0) || isHeldBy(table, 1))
#else
#define isHeld(table) isHeldBy(table, 0)
#endif
#define isHeldBy(table, hart) \
	(tableOf(base[hart]) == table || tableOf(missed[hart]) == table || tableOf(emptied[hart]) == table)

#include "translations/tables.pml"
#include "translations/owner.pml"
#include "translations/fence.pml"

/* Vcpu.run(); fences that its guest asks for, and wfi. */
proctype hart(byte me) {
	byte page;
	byte walked;
	byte noted;
	byte fresh;
	byte old;
	byte steps;
	byte bits;
	byte tail;
	bit rung;
#if FETCHES
	bit isFetch;
#endif
#if HARTS > 1
	byte fences = FENCES;
	byte target = 1 - me;
	byte looked;
	byte mine;
	bit isRange;
	bit isAwaited;
	bit isOfAll;
#endif
#if SPACES
	bit isFound;
	byte foundCount;
	byte generation;
#endif
#ifdef RegionGoesOnAfterAFlush
	byte before;
#endif
	online();
	do
	:: true ->
		safepoint();
#ifdef WakesWithoutASafepoint
awake:
#endif
		if
		:: runSlice()
#if HARTS > 1
		:: d_step { fences > 0 -> fences-- };
			leaveRegion();
			startFence();
#ifndef FenceWaitsOnline
			offline(); /* flushRemote: offline */
#endif
			await();
			d_step { completed() };
#ifndef FenceWaitsOnline
			online(); /* flushRemote: online */
#endif
			takeRequests() /* flushRemote: #serveRequests */
#endif
#if SLEEPS
		:: true ->
#ifndef SleepsOnline
			offline(); /* #sleep: offline */
#endif
			if /* #sleep: wait; nothing need ever wake it */
			:: true
			:: true -> endAsleep: false
			fi;
#ifndef SleepsOnline
			online(); /* #sleep: online */
#endif
#ifdef WakesWithoutASafepoint
			goto awake
#endif
#endif
		fi
	od
}

#if FLUSHERS > 0
/* A thread that is no reader. */
proctype flusher(byte me) {
	byte fences = FENCES;
	byte target;
	byte page;
	byte fresh;
	byte old;
	byte looked;
	byte mine;
	bit isRange;
	bit isAwaited;
	bit isOfAll;
	do
	:: d_step { fences > 0 -> fences-- };
		startFence();
		await();
		d_step { completed() }
	:: fences == 0 -> break
	od
}
#endif

init {
	atomic {
		for (i : 0 .. PAGES - 1) { pte[i] = 1 }
		for (i : 0 .. HARTS - 1) {
			descriptor[i] = (i + 1) | FIRST;
			state[i + 1] = IN_USE;
			satp[i] = FENCED
#if SPACES
			keptDescriptor[i] = 2 | FIRST;
			state[2] = IN_USE
#endif
		}
		run hart(0);
#if HARTS > 1
		run hart(1);
#endif
#if FLUSHERS > 0
		run flusher(HARTS);
#if FLUSHERS > 1
		run flusher(HARTS + 1);
#endif
#endif
	}
}
