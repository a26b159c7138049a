/* A fence of another hart: src/tlb/tlb.ts, flush-policy.ts, flush-requests.ts. */

/* swapOther(), without the look at `filled` that comes before it. */
inline swapOther(hart) {
#ifdef GracePeriodBeforeTheSwap
	d_step { startGracePeriod() };
#endif
	take();
	if
	:: fresh != 0 -> publish(hart)
	:: fresh == 0 ->
#ifdef DryPoolIsNoMatter
		skip
#else
		request[hart] = request[hart] | EVERYTHING /* postEverything: or */
#endif
	fi
}

/* FlushPolicy.flushOther(). The loop is for FlusherTriesAgain alone. */
inline emptyOther(hart) {
#if POLICY == GENERATIONS
	do
	:: looked = descriptor[hart]; /* advanceOther: load descriptor */
		if
		:: filled[tableOf(looked)] == 0 -> break /* isElided: load filled */
		:: filled[tableOf(looked)] != 0 ->       /* isElided: load filled */
			if
			:: isLast(looked) -> swapOther(hart); break
			:: !isLast(looked) ->
#ifdef FlusherStoresTheGeneration
				descriptor[hart] = nextOf(looked);
				request[hart] = request[hart] | LAST_PAGES;
				break
#else
				if
				:: d_step { descriptor[hart] == looked -> descriptor[hart] = nextOf(looked) }; /* advanceOther: compareExchange */
#ifndef StaleLastPage
					request[hart] = request[hart] | LAST_PAGES; /* postLastPages: or */
#endif
					break
				:: descriptor[hart] != looked -> /* the same: another exchange came first, and will do */
#ifndef FlusherTriesAgain
#ifndef LastPagesAreLeftToTheFirst
					request[hart] = request[hart] | LAST_PAGES; /* postLastPages: or */
#endif
					break
#endif
				fi
#endif
			fi
		fi
	od;
	looked = 0
#else
	looked = descriptor[hart]; /* loadDescriptor: load */
	if
	:: filled[tableOf(looked)] == 0 /* isElided: load filled */
	:: filled[tableOf(looked)] != 0 ->
#if POLICY == ASK
		request[hart] = request[hart] | EVERYTHING /* postEverything: or */
#elif POLICY == CLEAR_OUTSIDE
#ifdef ClearedBeforeItIsCounted
		d_step { zero(tableOf(looked)) };
		clearings[tableOf(looked)]++;
#else
		clearings[tableOf(looked)]++;     /* clearEntries: add */
		d_step { zero(tableOf(looked)) }; /* clearEntries: stores */
#endif
#ifndef StaleLastPage
		request[hart] = request[hart] | LAST_PAGES /* postLastPages: or */
#endif
#else
		swapOther(hart)
#endif
	fi;
	looked = 0
#endif
}

/* postRange(), of a page. */
inline postRange(hart) {
	if
#ifdef PostersTakeNoLock
	:: true ->
#else
	:: d_step { ringLock[hart] == 0 -> ringLock[hart] = 1 }; /* postRange: compareExchange 0 to 1 */
#endif
		if
		:: ringTail[hart] == ringHead[hart] -> /* postRange: load head */
			ring[hart] = page; /* plain; whoever reads it has seen the tail */
#ifdef PostersTakeNoLock
			ringTail[hart] = 1 - ringHead[hart];
#else
			ringTail[hart] = 1 - ringTail[hart]; /* postRange: store tail */
			ringLock[hart] = 0                   /* postRange: store 0 */
#endif
		:: ringTail[hart] != ringHead[hart] -> /* postRange: load head, full */
#ifndef PostersTakeNoLock
			ringLock[hart] = 0; /* postRange: store 0 */
#endif
#ifndef LostRange
			request[hart] = request[hart] | EVERYTHING /* postEverything: or */
#endif
		fi
#ifndef PostersTakeNoLock
	:: ringLock[hart] == 1 -> /* postRange: compareExchange 0 to 1 found 1 */
		request[hart] = request[hart] | EVERYTHING /* postEverything: or */
#endif
	fi
}

#if SPACES
/* #flushOther() of one address space; rings only a hart that may be in it. */
inline flushOther(hart) {
	if
#if SPACES > 1
	:: isOfAll -> isAwaited = 1;
		if
		:: isRange -> postRange(hart)
		:: !isRange ->
			countedAll[hart]++; /* #countFence: add */
			emptyOther(hart)
		fi
#endif
	:: !isOfAll && isRange ->
		if
		:: satp[hart] == FENCED -> postRange(hart); isAwaited = 1 /* #hasAsid: load satp */
		:: satp[hart] != FENCED ->                                 /* #hasAsid: load satp */
#ifndef RangeIsNotCounted
			counted[hart]++; /* #countFence: add */
#endif
			if
			:: satp[hart] == FENCED -> postRange(hart); isAwaited = 1 /* #hasAsid: load satp */
			:: satp[hart] != FENCED                                   /* #hasAsid: load satp */
			fi
		fi
	:: !isOfAll && !isRange ->
#ifdef CountedOnlyElsewhere
		if
		:: satp[hart] == FENCED -> emptyOther(hart); isAwaited = 1
		:: satp[hart] != FENCED -> counted[hart]++
		fi
#else
#ifndef CountedAfterTheLook
		counted[hart]++; /* #countFence: add */
#endif
		if
		:: satp[hart] == FENCED -> emptyOther(hart); isAwaited = 1 /* #hasAsid: load satp */
		:: satp[hart] != FENCED                                    /* #hasAsid: load satp */
		fi;
#ifdef CountedAfterTheLook
		counted[hart]++
#endif
#endif
		skip
	fi
}
#else
inline flushOther(hart) {
	isAwaited = 1;
	if
	:: isRange -> postRange(hart)
	:: !isRange -> emptyOther(hart)
	fi
}
#endif

/* Tlb.startRemoteFlush(), after what the guest does before. */
inline startFence() {
	if
	:: page = 0
#if PAGES > 1
	:: page = 1
#endif
	fi;
	if
#if RANGES != 1
	:: isRange = 0
#endif
#if RANGES != 0
	:: isRange = 1
#endif
	fi;
#if SPACES > 1
	if
	:: isOfAll = 0
	:: isOfAll = 1
	fi;
#endif
#ifdef LooksBeforeTheStore
	looked = filled[tableOf(descriptor[target])];
	d_step { pte[page]++; mine = pte[page]; underWay++ };
	if
	:: looked == 0 -> isAwaited = 1
	:: looked != 0 -> flushOther(target)
	fi;
	looked = 0;
#else
	d_step { pte[page]++; mine = pte[page]; underWay++ }; /* the guest's store; startRemoteFlush: add */
#ifdef BellBeforeTheRequest
	bell[target] = 1;
#endif
#if HARTS > 1
	if /* #flushOwn */
	:: isRange -> d_step { forgetPageIn(tableOf(descriptor[me]), page) } /* forgetPages: load descriptor */
	:: !isRange -> emptyOwn()
	fi;
#endif
	flushOther(target);
#endif
#if !defined(DropDoorbell) && !defined(BellBeforeTheRequest)
	if
	:: isAwaited -> bell[target] = 1 /* startRemoteFlush: or doorbell */
	:: !isAwaited
	fi;
#endif
#ifdef GracePeriodBeforeTheSwap
	d_step { retire() };
#endif
	d_step { startGracePeriod(); retire() } /* startRemoteFlush: startPoll, put */
}

/* The fence has completed: part of a step. */
inline completed() {
	for (j : 0 .. HARTS - 1) {
		assert(inUse[j] == 0 || inUse[j] >> 3 != page || versionOf(inUse[j]) >= mine);
		least[j * PAGES + page] = (mine > least[j * PAGES + page] -> mine : least[j * PAGES + page])
	}
	mine = 0;
	page = 0;
	isRange = 0;
	isAwaited = 0;
	isOfAll = 0;
	awaited[fenceOf(me)] = 0;
	underWay--
}

/* Rcu.waitForReader(), of the target. */
inline await() {
#ifdef EarlyFence
	skip
#else
	if
	:: isAwaited -> (awaited[fenceOf(me)] & bitOf(target)) == 0 /* waitForReader: load slot */
	:: !isAwaited
	fi
#endif
}
