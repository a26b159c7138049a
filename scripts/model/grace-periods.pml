/*
 * Grace periods, remote fences and the sleep in wfi: src/rcu (rcu.ts, rcu-reader.ts), the doorbell (src/memory/vcpu-words.ts),
 * the fence (src/tlb/tlb.ts) and the run loop (src/vcpu-worker/vcpu.ts).
 *
 * A line with a comment behind it is one atomic step; the comment names the function and its operation. All of these are
 * sequentially consistent atomics, so that threads which take turns show all that can happen. A plain access to a word that only
 * the thread itself writes is part of the step before.
 *
 * Left out: numbers are small and go up by one (that they are odd, and in two halves, is counter.ts's matter); the 500 looks
 * before a thread sleeps are one; statistics. Nothing wakes by time: the limits of 5 s and of 1 s, after which threads look
 * again, would hide a lost wake-up.
 *
 * Shown without a claim: the assertions, and that no thread is stuck (a vCPU that sleeps in wfi is not). Shown with the claim, under
 * weak fairness: everything ends. The names below that begin with a capital and a small letter are mistakes: scenes.ts lists
 * them, one is made at a time, and each must be refuted.
 */

#ifndef VCPUS
#define VCPUS 2
#endif
/* How many remote fences all vCPUs make together; how often the host begins a grace period, and raises an interrupt. */
#ifndef FENCES
#define FENCES 1
#endif
#ifndef POLLS
#define POLLS 1
#endif
#ifndef RAISES
#define RAISES 1
#endif

/* The first of the vCPUs, which execute wfi and are interrupted. */
#ifndef SLEEPERS
#define SLEEPERS 2
#endif

#define OFFLINE 0
#define FLUSH 1
#define INTERRUPT 2

/* RcuState. The first grace period has elapsed. */
byte counter = 1;
byte completed = 1;
byte target = 1;
bit wanted;
byte advancing;
byte holdout;

/* RcuSlot, of each reader; reader n is vCPU n. */
byte seen[VCPUS];
byte waiters[VCPUS];

/* VcpuWords, and the posted flush request. */
byte doorbell[VCPUS];
bit asleep[VCPUS];
bit pending[VCPUS];
bit request[VCPUS];

/* Who sleeps: on which reader's slot, plus one; on the own doorbell. */
byte sleepsOnSlot[VCPUS];
bit sleepsOnBell[VCPUS];

/* What is to be shown. The version of shared objects and page tables; the one that a critical section uses, or 0; the one that
   the TLB holds; the latest that a fence has completed; fences and polls under way. */
byte version = 1;
byte held[VCPUS];
byte translated[VCPUS];
byte fenced = 1;
byte underWay;

/* How much is still to come. */
byte fences = FENCES;
byte polls = POLLS;
byte raises = RAISES;

#define hasPassed(number) (number == OFFLINE || number >= gracePeriod)
#define mayHold(reader) (held[reader] == 0 || held[reader] >= mine)

/* Everything has come to its end that was begun, and nobody sleeps who has something to do. */
#if VCPUS == 2
#define nobodySleepsOnSlot (sleepsOnSlot[0] == 0 && sleepsOnSlot[1] == 0)
#define nobodyMissesABell (!(sleepsOnBell[0] && pending[0]) && !(sleepsOnBell[1] && pending[1]))
#else
#define nobodySleepsOnSlot (sleepsOnSlot[0] == 0 && sleepsOnSlot[1] == 0 && sleepsOnSlot[2] == 0)
#define nobodyMissesABell \
	(!(sleepsOnBell[0] && pending[0]) && !(sleepsOnBell[1] && pending[1]) && !(sleepsOnBell[2] && pending[2]))
#endif
#define settled (underWay == 0 && nobodySleepsOnSlot && nobodyMissesABell && completed == counter && wanted == 0)

ltl everything_ends { <>[] settled }

/* Atomics.notify() on the slot of the vCPU itself: whoever is in the queue leaves it. */
inline notifySlot() {
	d_step {
		sleepsOnSlot[0] = (sleepsOnSlot[0] == me + 1 -> 0 : sleepsOnSlot[0]);
		sleepsOnSlot[1] = (sleepsOnSlot[1] == me + 1 -> 0 : sleepsOnSlot[1]);
#if VCPUS > 2
		sleepsOnSlot[2] = (sleepsOnSlot[2] == me + 1 -> 0 : sleepsOnSlot[2]);
#endif
	}
}

/* What the holder of `advancing` does next: plain reads of what only it writes, so part of the step before. */
#define DONE 0
#define SCAN 1
#define NEW_TARGET 2
inline plan() {
	todo = (completed >= counter -> DONE : (target <= completed -> NEW_TARGET : SCAN));
#ifdef ScanSkipsTheHoldout
	next = (todo == SCAN -> holdout : 0)
#else
	next = (todo == SCAN && holdout != 0 -> holdout - 1 : 0)
#endif
}

/* Rcu.#advance() and #allPassed(), by the holder of `advancing`. */
inline advanceHeld() {
#ifdef WantedTakenAfterTheCounter
	if
	:: wanted == 1 -> counter++; d_step { wanted = 0; plan() }
	:: d_step { wanted == 0 -> plan() }
	fi;
#else
	if
	:: d_step { wanted == 1 -> wanted = 0 }; /* #advance: exchange wanted */
		d_step { counter++; plan() }         /* #advance: store counter */
	:: d_step { wanted == 0 -> plan() }      /* #advance: exchange wanted, not wanted */
	fi;
#endif
	do
	:: todo == DONE -> break
	:: todo != DONE ->
		if
		:: todo == NEW_TARGET -> d_step { target = counter; holdout = 0; todo = SCAN } /* #advance: store holdout (nobody else looks at target) */
		:: todo == SCAN
		fi;
		do
		:: next == VCPUS ->
			holdout = 0; /* #allPassed: store holdout */
			d_step { completed = target; plan() }; /* #advance: store completed */
			break
		:: next < VCPUS ->
			if
			:: d_step { seen[next] == OFFLINE || seen[next] >= target -> next++ } /* #allPassed: first hasPassed, load slot */
			:: seen[next] != OFFLINE && seen[next] < target ->                    /* the same load, not passed */
#ifdef HoldoutNamedAfterTheSecondLook
				if
				:: d_step { seen[next] == OFFLINE || seen[next] >= target -> next++ }
				:: seen[next] != OFFLINE && seen[next] < target -> d_step { holdout = next + 1; todo = DONE; next = 0 }; break
				fi
#else
				holdout = next + 1; /* #allPassed: store holdout */
#ifdef NoSecondLook
				d_step { todo = DONE; next = 0 };
				break
#else
				if
				:: d_step { seen[next] == OFFLINE || seen[next] >= target -> next++ }                      /* #allPassed: second hasPassed, load slot */
				:: d_step { seen[next] != OFFLINE && seen[next] < target -> todo = DONE; next = 0 }; break /* the same load, not passed */
				fi
#endif
#endif
			fi
		od
	od
}

/* Rcu.advance() */
inline advance() {
	do
	:: d_step { advancing == 0 -> advancing = 1 }; /* advance: compareExchange 0 to 1, taken */
		do
		:: true ->
			advanceHeld();
			if
#ifdef ReleaseForgetsWhoLooked
			:: advancing = 0; break
#else
			:: d_step { advancing == 1 -> advancing = 0 }; break /* advance: compareExchange 1 to 0, released */
			:: advancing == 2 ->                                 /* the same, but somebody has handed over */
#ifndef HandOverIsNotTaken
				advancing = 1 /* advance: store 1 */
#endif
#endif
			fi
		od;
		break
	:: advancing == 2 -> break /* advance: compareExchange 0 to 1 found 2 */
	:: advancing == 1 ->       /* advance: compareExchange 0 to 1 found 1 */
#ifdef NobodyHandsOver
		break
#else
		if
		:: d_step { advancing == 1 -> advancing = 2 }; break /* advance: compareExchange 1 to 2, handed over */
		:: advancing == 2 -> break                           /* the same, found 2 */
		:: advancing == 0                                    /* the same, found 0: try again */
		fi
#endif
	od
}

/* Rcu.startPoll() */
inline startPoll() {
#ifdef PollNamesTheCurrentPeriod
	gracePeriod = counter;
#else
	gracePeriod = counter + 1; /* startPoll: load counter */
#endif
#ifdef WantedAfterAdvance
	advance();
	wanted = 1;
#else
	wanted = 1; /* startPoll: store wanted */
	advance();
#endif
}

/* Rcu.slotChanged() */
inline slotChanged() {
#ifndef NobodyIsNotified
	if
	:: waiters[me] != 0 -> notifySlot() /* slotChanged: load waiters; notify */
	:: waiters[me] == 0                 /* slotChanged: load waiters */
	fi;
#endif
#ifndef HoldoutIsNotAsked
	if
	:: holdout == me + 1 -> advance() /* slotChanged: load holdout */
	:: holdout != me + 1              /* slotChanged: load holdout */
	fi;
#endif
	skip
}

/* RcuReader.#announce() */
inline announce() {
	number = counter; /* #announce: load counter */
#ifdef SlotStoredAfterTelling
	slotChanged();
	d_step { seen[me] = number; number = 0 }
#else
	d_step { seen[me] = number; number = 0 }; /* #announce: store slot */
	slotChanged()
#endif
}

/* RcuReader.quiescentState() */
inline quiescentState() {
	if
	:: seen[me] == counter               /* quiescentState: load counter */
	:: seen[me] != counter -> announce() /* quiescentState: load counter */
	fi
}

/* RcuReader.online() */
inline online() {
	number = counter; /* online: load counter */
#ifdef OnlineStoresAgain
	/* As it was once: until the slot equals the counter. */
	seen[me] = number;
	do
	:: seen[me] == counter -> break
	:: seen[me] != counter -> number = counter; seen[me] = number
	od;
	number = 0
#else
#ifdef FirstLoadBeforeOnline
	held[me] = version;
#endif
	d_step { seen[me] = number; number = 0 }; /* online: store slot */
#ifdef FirstLoadBeforeOnline
	held[me] = 0
#endif
#endif
}

/* RcuReader.offline() */
inline offline() {
	seen[me] = OFFLINE; /* offline: store slot */
#ifndef OfflineTellsNobody
	slotChanged()
#endif
}

/* Rcu.waitForReader(); the waiting thread is a vCPU. */
inline waitForReader(reader) {
	if
	:: hasPassed(seen[reader]) /* waitForReader: load slot, passed */
	:: !hasPassed(seen[reader]) -> /* waitForReader: load slot, not passed */
		waiters[reader]++; /* waitForReader: add to waiters */
		do
#ifdef WaitLooksAgain
		/* As it was once: one look at the value to sleep on, up to two others to decide. */
		:: number = seen[reader];
			if
			:: d_step { seen[reader] == OFFLINE -> number = 0 }; break
			:: seen[reader] != OFFLINE && seen[reader] < gracePeriod
			:: seen[reader] >= gracePeriod ->
				if
				:: d_step { seen[reader] >= gracePeriod -> number = 0 }; break
				:: seen[reader] < gracePeriod
				fi
			fi;
			d_step { if :: seen[reader] == number -> sleepsOnSlot[me] = reader + 1 :: else fi; number = 0 };
			sleepsOnSlot[me] == 0
#else
		:: hasPassed(seen[reader]) -> break /* waitForReader: load slot, passed */
		:: d_step { !hasPassed(seen[reader]) -> number = seen[reader] }; /* waitForReader: load slot, not passed */
#ifdef WaitDoesNotCompare
			d_step { sleepsOnSlot[me] = reader + 1; number = 0 };
#else
			d_step { if :: seen[reader] == number -> sleepsOnSlot[me] = reader + 1 :: else fi; number = 0 }; /* waitForReader: wait */
#endif
			sleepsOnSlot[me] == 0 /* woken */
#endif
		od;
		waiters[reader]-- /* waitForReader: subtract from waiters */
	fi
}

/* Tlb.#serveRequests(): the table is emptied, and filled anew from the page tables of now. */
inline serveRequests() {
	d_step { if :: request[me] -> request[me] = 0; translated[me] = version :: else fi } /* takeRequests: exchange */
}

/* Tlb.safepoint() */
inline safepoint() {
#ifdef BellsTakenBeforeTheQuiescentState
	d_step { bells = doorbell[me]; doorbell[me] = 0 };
	if :: bells & FLUSH -> serveRequests() :: else fi;
	quiescentState();
#else
	quiescentState();
#ifdef UsedAfterTheQuiescentState
	held[me] = 0;
#endif
	d_step { bells = doorbell[me]; doorbell[me] = 0 }; /* takeDoorbell: exchange */
	if
	:: bells & FLUSH -> serveRequests()
	:: else
	fi;
#endif
	bells = 0
}

/* Tlb.flushRemote(), of all other vCPUs. */
inline flushRemote() {
	d_step { version++; mine = version; translated[me] = version; underWay++ }; /* the guest changes a page table, flushes its own TLB */
#ifdef FenceBeginsBeforeItsRequests
	startPoll();
#endif
	other = 0;
	do
	:: other == VCPUS -> break
	:: other == me -> other++
	:: other < VCPUS && other != me ->
		request[other] = 1;                        /* startRemoteFlush: store request */
		doorbell[other] = doorbell[other] | FLUSH; /* startRemoteFlush: or doorbell */
		other++
	od;
	other = 0;
#ifndef FenceBeginsBeforeItsRequests
	startPoll();
#endif
#ifndef FenceWaitsOnline
	offline();
#endif
	do
	:: other == VCPUS -> break
	:: other == me -> other++
	:: other < VCPUS && other != me -> waitForReader(other); other++
	od;
	other = 0;
	d_step {
		/* No vCPU uses what was there before the fence. */
		assert(mayHold(0) && mayHold(1));
#if VCPUS > 2
		assert(mayHold(2));
#endif
		fenced = (mine > fenced -> mine : fenced);
		mine = 0;
		gracePeriod = 0;
		underWay--
	};
#ifndef FenceWaitsOnline
	online();
#endif
	serveRequests()
}

/* Guest code, with one translation and one shared pointer. */
inline runSlice() {
	d_step { assert(translated[me] >= fenced); held[me] = version }; /* loadDescriptor: load */
#ifndef UsedAfterTheQuiescentState
	held[me] = 0 /* its last use */
#endif
}

/* Vcpu.#sleep() */
inline sleepInWfi() {
	if
	:: pending[me]  /* interruptPending: load */
	:: !pending[me] -> /* interruptPending: load */
#ifdef BellsTakenAgainBeforeTheSleep
		doorbell[me] = 0;
#endif
#ifndef SleepsOnline
		offline(); /* #sleep: offline */
#endif
#ifndef SaysTooLateThatItSleeps
		asleep[me] = 1; /* sleepOnDoorbell: store asleep */
#endif
#ifdef SleepLooksFirst
		if
		:: doorbell[me] == 0 -> sleepsOnBell[me] = 1
		:: doorbell[me] != 0
		fi;
#else
		d_step { if :: doorbell[me] == 0 -> sleepsOnBell[me] = 1 :: else fi }; /* sleepOnDoorbell: wait */
#endif
#ifdef SaysTooLateThatItSleeps
		asleep[me] = 1;
#endif
endAsleep:
		sleepsOnBell[me] == 0; /* woken */
		asleep[me] = 0; /* sleepOnDoorbell: store asleep */
#ifndef SleepsOnline
		online() /* #sleep: online */
#endif
	fi;
	if
	:: d_step { pending[me] -> pending[me] = 0; waiting = 0 } /* interruptPending: load; the guest handles the interrupt */
	:: !pending[me]                                           /* interruptPending: load */
	fi
}

/* Vcpu.run() */
proctype vcpu(byte me) {
	bit waiting;
	byte bells;
	byte gracePeriod;
	byte mine;
	byte next;
	byte todo;
	byte number;
	byte other;
	online();
	do
	:: true ->
		safepoint();
		if
		:: waiting -> sleepInWfi()
		:: !waiting ->
			if
			:: runSlice()
			:: d_step { fences > 0 -> fences-- }; flushRemote()
#if RAISES > 0
			:: me < SLEEPERS -> waiting = 1 /* the guest's wfi */
#endif
			fi
		fi
	od
}

/* Another thread, which is no reader: raises interrupts, retires objects and polls for them. */
proctype host() {
	byte gracePeriod;
	byte mine;
	byte next;
	byte todo;
	byte callee;
	do
	:: d_step { raises > 0 -> raises-- };
		if
		:: callee = 0
#if SLEEPERS > 1
		:: callee = 1
#endif
		fi;
		if
		:: pending[callee] /* raise: or pending, not new */
		:: d_step { !pending[callee] -> pending[callee] = 1 }; /* raise: or pending, new */
#ifdef NotifiesBeforeTheBell
			sleepsOnBell[callee] = 0;
			doorbell[callee] = doorbell[callee] | INTERRUPT
#else
#ifdef LooksWhoSleepsBeforeTheBell
			todo = asleep[callee];
			doorbell[callee] = doorbell[callee] | INTERRUPT;
#else
			doorbell[callee] = doorbell[callee] | INTERRUPT; /* ring: or doorbell */
			todo = asleep[callee]; /* ring: load asleep */
#endif
#ifndef RingDoesNotNotify
			if
			:: todo -> sleepsOnBell[callee] = 0 /* ring: notify */
			:: !todo
			fi;
#endif
			todo = 0
#endif
		fi;
		callee = 0
	:: d_step { polls > 0 -> polls--; underWay++ };
#ifdef UnpublishedAfterThePoll
		startPoll();
		atomic { version++; mine = version };
#else
		d_step { version++; mine = version }; /* publish: exchange descriptor */
		startPoll();
#endif
		completed >= gracePeriod; /* poll: load completed */
		d_step {
			assert(mayHold(0) && mayHold(1));
#if VCPUS > 2
			assert(mayHold(2));
#endif
			mine = 0;
			gracePeriod = 0;
			underWay--
		}
	:: raises == 0 && polls == 0 -> break
	od
}

init {
	atomic {
		translated[0] = 1;
		translated[1] = 1;
		run vcpu(0);
		run vcpu(1);
#if VCPUS > 2
		translated[2] = 1;
		run vcpu(2);
#endif
		run host()
	}
}
