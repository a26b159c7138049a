/* Tables, the pool, and how their owner empties them: src/tlb/table-pool.ts, flush-policy.ts, core/in-place.ts. */

/* Entries and trailer. Part of a step. */
inline zero(table) {
	for (j : 0 .. PAGES - 1) { entry[at(table, j)] = 0 }
}
inline resetTrailer(table) {
	logged[table] = 0;
	log[table] = 0;
	lastPage[table] = 0;
	megapage[table] = 0;
	filled[table] = 0
}

/* By the log, if that names all entries. Part of a step. */
inline emptyByLog(table) {
	for (j : 0 .. PAGES - 1) {
		if
		:: log[table] & (1 << j) -> entry[at(table, j)] = 0
		:: else
		fi
	}
}
#if POLICY == GENERATIONS
#ifdef RecycledByTheLog
#define isWhollyLogged(table) (logged[table] <= LOG)
#else
#define isWhollyLogged(table) false
#endif
#else
#ifdef LogHasOverflowed
#define isWhollyLogged(table) true
#else
#define isWhollyLogged(table) (logged[table] <= LOG)
#endif
#endif
inline emptyTable(table) {
	if
	:: isWhollyLogged(table) -> emptyByLog(table)
	:: else -> zero(table)
	fi;
	resetTrailer(table)
}

/* TablePool.take() and takeRetired(): a cleared table, or 0 if the pool is dry. */
inline take() {
	d_step { /* take: get; move to "in use" */
		for (i : 1 .. TABLES) {
			if
#ifdef SkipGracePeriod
			:: fresh == 0 && state[i] != IN_USE -> fresh = i
#else
			:: fresh == 0 && (state[i] == FREE || (state[i] == RETIRED && awaited[i] == 0)) -> fresh = i
#endif
			:: else
			fi
		}
		if
		:: fresh != 0 ->
			/* No hart may use a table that is cleared and goes into other hands. */
			assert(!isHeld(fresh));
#ifndef ReuseBeforeClear
			emptyTable(fresh);
#endif
			state[fresh] = IN_USE;
			fresh = fresh | FIRST
		:: else
		fi
	}
}

/* Rcu.startPoll(), and TablePool.retire() of the table that was swapped out. Part of a step. */
inline startGracePeriod() {
	awaited[fenceOf(me)] = onlineReaders
}
inline retire() {
	if
	:: old != 0 ->
		assert(state[tableOf(old)] == IN_USE);
		state[tableOf(old)] = RETIRED;
#ifdef GracePeriodBeforeTheSwap
		awaited[tableOf(old)] = awaited[fenceOf(me)];
#else
		awaited[tableOf(old)] = onlineReaders;
#endif
		old = 0
	:: else
	fi
}

/* publish() */
inline publish(hart) {
#ifdef SwapIsTwoSteps
	old = descriptor[hart];
	d_step { descriptor[hart] = fresh; fresh = 0 }
#else
	d_step { old = descriptor[hart]; descriptor[hart] = fresh; fresh = 0 } /* publish: exchange */
#endif
}

/* replaceOwn(): the owner swaps its table, or empties it where the pool is dry. */
inline replaceOwn() {
#ifdef GracePeriodBeforeTheSwap
	d_step { startGracePeriod() };
#endif
	take();
	if
	:: fresh != 0 ->
		publish(me);
		d_step { retire() } /* #retire: startPoll, put */
	:: fresh == 0 ->
		d_step { emptyTable(tableOf(emptied[me])) } /* emptyTable: store filled */
#if POLICY == GENERATIONS
		d_step { /* replaceOwn: compareExchange */
			if
			:: descriptor[me] == emptied[me] -> descriptor[me] = tableOf(emptied[me]) | FIRST
			:: else
			fi
		}
#endif
	fi
}

/* emptyTableOf() */
inline emptyOwn() {
	emptied[me] = descriptor[me]; /* descriptorOf: load */
	if
	:: filled[tableOf(emptied[me])] == 0 /* isOpen: nothing to flush; only the owner sets it */
	:: filled[tableOf(emptied[me])] != 0 ->
#if POLICY == SWAP
		replaceOwn()
#elif POLICY == SWAP_UNDO
		if
		:: isWhollyLogged(tableOf(emptied[me])) ->
			d_step { emptyByLog(tableOf(emptied[me])); resetTrailer(tableOf(emptied[me])) } /* undoTable: store filled */
		:: else -> replaceOwn()
		fi
#elif POLICY == GENERATIONS
		if
		:: isLast(emptied[me]) -> replaceOwn()
		:: !isLast(emptied[me]) ->
#ifdef OwnerStoresItsGeneration
			descriptor[me] = nextOf(emptied[me]);
#else
			d_step { /* beginGeneration: compareExchange */
				if
				:: descriptor[me] == emptied[me] -> descriptor[me] = nextOf(emptied[me])
				:: else
				fi
			};
#endif
			d_step { resetTrailer(tableOf(emptied[me])) } /* closeTable: store filled */
		fi
#elif POLICY == ASK
		d_step { emptyTable(tableOf(emptied[me])) } /* clearTable: store filled */
#elif POLICY == CLEAR_OUTSIDE
		clearings[tableOf(emptied[me])]++; /* clearEntries: add */
		d_step { zero(tableOf(emptied[me])) }; /* clearEntries: stores */
		d_step { resetTrailer(tableOf(emptied[me])) } /* closeTable: store filled */
#endif
	fi;
	emptied[me] = 0
}
