/* What the owner of a table does: accesses, misses, its own flushes, requests, safepoints, address spaces. */

/* A translation is used: part of a step. */
inline use(entryUsed) {
	inUse[me] = used(versionOf(entryUsed), page);
#if keepsLastPages
	/* What a region finds becomes the last page of its table. A fetch has no region, and leaves none. */
	lastPage[tableOf(base[me])] = (base[me] == 0 -> 0 : inUse[me]);
#endif
#if SPACES
	/* Each address space finds its own pages. */
	assert(satp[me] == FENCED || versionOf(entryUsed) == OTHER);
	assert(satp[me] != FENCED || versionOf(entryUsed) != OTHER);
#endif
	/* None is used from before a fence that has completed, or a flush of this hart. */
	assert(versionOf(entryUsed) >= least[me * PAGES + page])
}

#if SPACES
#define walk() (satp[me] == FENCED -> pte[page] : OTHER)
#else
#define walk() pte[page]
#endif

/* fill(): part of a step. */
inline fill() {
#ifdef FillNewTable
	missed[me] = descriptor[me];
#endif
	if
	:: entryOf(missed[me], page) == 0 || (entryOf(missed[me], page) != NEVER && !hits(missed[me], page)) ->
		if
		:: logged[tableOf(missed[me])] < LOG -> log[tableOf(missed[me])] = log[tableOf(missed[me])] | (1 << page)
		:: else
		fi;
		/* More than one too many are no more than one. */
		if
		:: logged[tableOf(missed[me])] <= LOG -> logged[tableOf(missed[me])]++
		:: else
		fi
	:: else
	fi;
	entryOf(missed[me], page) = tagged(missed[me], walked)
}

/* Two pages are in no megapage. */
#define keepsMegapages (KEEPS && POLICY == GENERATIONS && PAGES == 1)
#ifdef MegapagesHaveNoGeneration
#define hitsMegapage(descriptor) (megapage[tableOf(descriptor)] != 0)
#else
#define hitsMegapage(descriptor) \
	(megapage[tableOf(descriptor)] != 0 && generationOf(megapage[tableOf(descriptor)]) == generationOf(descriptor))
#endif

/* translate(): a miss. */
inline translate() {
	missed[me] = descriptor[me]; /* loadDescriptor: load */
	if
	:: d_step { hits(missed[me], page) -> use(entryOf(missed[me], page)) } /* translate: load entry */
	:: d_step { /* translate: load megapage; fill: stores */
		!hits(missed[me], page) && hitsMegapage(missed[me]) ->
		walked = versionOf(megapage[tableOf(missed[me])]);
		fill();
		use(walked);
		walked = 0
	}
	:: !hits(missed[me], page) && !hitsMegapage(missed[me]) ->
#ifdef AnnouncedAfterTheWalk
		walked = walk();
		filled[tableOf(missed[me])] = 1;
#else
		filled[tableOf(missed[me])] = 1; /* openTable: store filled */
#if POLICY == CLEAR_OUTSIDE
		noted = clearings[tableOf(missed[me])]; /* noteClearings: load */
#endif
		walked = walk(); /* walk: load PTE */
#endif
#if keepsMegapages
		megapage[tableOf(missed[me])] = tagged(missed[me], walked); /* fillLargePage */
#endif
#if FETCHES
		if
		:: d_step { isFetch && flushes > 0 -> flushes-- }; emptyOwn() /* codePage: the code cache is full */
		:: true
		fi;
#endif
#ifdef FillsAClosedTable
		d_step { fill() };
#else
		d_step { if :: filled[tableOf(missed[me])] -> fill() :: else fi }; /* fill: stores */
#endif
#if POLICY == CLEAR_OUTSIDE
#ifndef FillIsNotRevoked
		d_step { /* clearingsAfterFill: add 0; invalidateEntry */
			if
			:: clearings[tableOf(missed[me])] != noted -> entryOf(missed[me], page) = NEVER
			:: else
			fi;
			noted = 0
		};
#endif
#endif
		d_step { use(walked); walked = 0 }
	fi;
	missed[me] = 0
}

/* An access: the region's table first. */
inline access() {
	if
	:: page = 0
#if PAGES > 1
	:: page = 1
#endif
	fi;
	if
	:: d_step { hits(base[me], page) -> use(entryOf(base[me], page)) } /* lookup: load entry */
	:: !hits(base[me], page) -> translate()
	fi;
	page = 0
}

/* Engine.run(): a region begins. */
inline enterRegion() {
	d_step { /* run: load descriptor */
		base[me] = descriptor[me];
#if keepsLastPages
		inUse[me] = lastPage[tableOf(base[me])];
		page = inUse[me] >> 3;
		/* A last page needs no lookup. */
		assert(versionOf(inUse[me]) == 0 || versionOf(inUse[me]) >= least[me * PAGES + page]);
		page = 0
#endif
	}
}
inline leaveRegion() {
	d_step { base[me] = 0; inUse[me] = 0 }
}

#if FETCHES
/* fetch(): it is translate() here, but for the flush that may come between walk and fill. */
inline fetch() {
	leaveRegion();
	isFetch = 1;
	translate();
	isFetch = 0;
	enterRegion()
}
#endif

/* sfence.vma of this hart: it uses nothing older afterwards. */
inline flushOwn() {
	leaveRegion();
#if SPACES
	keptSpace[me] = 0; /* dropSpaces: its own words */
#endif
	emptyOwn();
	d_step {
		for (j : 0 .. PAGES - 1) {
			least[me * PAGES + j] = (pte[j] > least[me * PAGES + j] -> pte[j] : least[me * PAGES + j])
		}
	};
#ifndef RegionGoesOnAfterAFlush
	enterRegion()
#else
	base[me] = before
#endif
}

/* forgetPagesOf(): part of a step. Only the owner uses the entries, or may invalidate them. */
inline forgetPageIn(table, forgotten) {
	if
	:: filled[table] ->
#ifndef RangeKeepsLastPages
		lastPage[table] = 0;
#endif
		megapage[table] = 0;
		entry[at(table, forgotten)] = NEVER
	:: else
	fi
}
inline forgetPage() {
#if SPACES
#ifndef KeptSpaceKeepsThePage
	d_step { /* forgetPages: kept spaces are the owner's */
		if
		:: keptSpace[me] == FENCED -> forgetPageIn(tableOf(keptDescriptor[me]), ring[me])
		:: else
		fi
	};
#endif
	if
	:: satp[me] == FENCED -> d_step { forgetPageIn(tableOf(descriptor[me]), ring[me]) } /* forgetPages: load descriptor */
	:: satp[me] != FENCED
	fi
#else
	d_step { forgetPageIn(tableOf(descriptor[me]), ring[me]) } /* forgetPages: load descriptor */
#endif
}

/* takeRequests() */
inline takeRequests() {
	tail = ringTail[me]; /* takeRequests: load tail */
	d_step { bits = request[me]; request[me] = 0 }; /* takeRequests: exchange bits */
	if
	:: bits & EVERYTHING ->
#if SPACES
		keptSpace[me] = 0;
#endif
		emptyOwn()
	:: else ->
		if
		:: bits & LAST_PAGES ->
#ifdef MegapagesHaveNoGeneration
			megapage[tableOf(descriptor[me])] = 0;
#endif
			lastPage[tableOf(descriptor[me])] = 0 /* flushLastPages: load descriptor */
		:: else
		fi;
#ifdef SlotsFreedBeforeTheyAreRead
		if
		:: ringHead[me] != tail -> ringHead[me] = tail; forgetPage()
		:: else
		fi
#else
		if
		:: ringHead[me] != tail -> forgetPage()
		:: else
		fi
#endif
	fi;
	d_step { ringHead[me] = tail; tail = 0; bits = 0 } /* takeRequests: store head */
}

/* RcuReader.quiescentState(), online(), offline(). Part of a step. */
inline pass() {
	for (j : 0 .. TABLES + THREADS) { awaited[j] = awaited[j] & ~bitOf(me) }
}
inline online() {
	onlineReaders = onlineReaders | bitOf(me) /* online: store slot */
}
inline offline() {
	d_step { onlineReaders = onlineReaders & ~bitOf(me); pass() } /* offline: store slot */
}

/* Tlb.safepoint() */
inline safepoint() {
#ifdef BellsTakenBeforeThePass
	d_step { base[me] = 0; inUse[me] = 0; rung = bell[me]; bell[me] = 0 };
	d_step { pass() };
#else
#ifdef RegionOutlivesTheSafepoint
	d_step { pass() };
#else
	d_step { base[me] = 0; inUse[me] = 0; pass() }; /* quiescentState: store slot */
#endif
	d_step { rung = bell[me]; bell[me] = 0 }; /* takeDoorbell: exchange */
#endif
	if
	:: rung -> rung = 0; takeRequests()
	:: else
	fi
}

#if SPACES
#define other(space) (3 - (space))
/* switchSpace(): a write of satp. */
inline switchSpace() {
	leaveRegion();
#ifdef CountReadBeforeSatp
	generation = (satp[me] == ELSEWHERE -> counted[me] : 0);
	generation = generation + countedAll[me];
#endif
	satp[me] = other(satp[me]); /* publishSatp: store */
	d_step {
		isFound = keptSpace[me] == satp[me];
		foundCount = keptCount[me];
		keptSpace[me] = other(satp[me]);
		keptCount[me] = currentCount[me];
#ifdef SpacesExchangeInTwoSteps
		old = descriptor[me]
	};
	d_step { descriptor[me] = keptDescriptor[me]; keptDescriptor[me] = old; old = 0 };
#else
		old = descriptor[me]; /* exchangeTables: exchange */
		descriptor[me] = keptDescriptor[me];
		keptDescriptor[me] = old;
		old = 0
	};
#endif
#ifndef CountReadBeforeSatp
	generation = (satp[me] == FENCED -> counted[me] : 0); /* generationOf: load fenced */
	generation = generation + countedAll[me];             /* generationOf: load fencedAll */
#endif
	d_step {
#ifndef SkipAsidGeneration
		isFound = isFound && foundCount == generation;
#endif
		currentCount[me] = generation;
		generation = 0;
		foundCount = 0
	};
	if
	:: isFound
	:: !isFound -> emptyOwn()
	fi;
	isFound = 0;
	enterRegion()
}
#endif

/* Guest code until the next safepoint. */
inline runSlice() {
#ifdef RegionOutlivesTheSafepoint
	if
	:: base[me] == 0 -> enterRegion()
	:: base[me] != 0
	fi;
#else
	enterRegion();
#endif
	do
	:: steps < SLICE -> steps++;
		if
		:: access()
#if FETCHES
		:: fetch()
#endif
		:: d_step { flushes > 0 -> flushes-- };
#ifdef RegionGoesOnAfterAFlush
			before = base[me];
#endif
			flushOwn()
#if SPACES
		:: switchSpace()
#endif
		fi
	:: break
	od;
	steps = 0
}
