/** What is checked of grace periods, remote fences and sleeping vCPUs, how large, and which mistakes must be refuted. */
import type {Check, Mistake, Model, Scene} from './model.ts'

/** Macros of grace-periods.pml. */
type Parameters = Readonly<{VCPUS: 2 | 3; FENCES: number; POLLS: number; RAISES: number; SLEEPERS: 1 | 2}>

const one: Parameters = {VCPUS: 2, FENCES: 0, POLLS: 0, RAISES: 0, SLEEPERS: 1}
const both: readonly Check[] = ['safety', 'liveness']

const scenes = [
	{name: 'two fences', parameters: {...one, FENCES: 2}, checks: both},
	{name: 'one fence, one vCPU in wfi', parameters: {...one, FENCES: 1, RAISES: 1}, checks: both},
	{name: 'two interrupts, both vCPUs in wfi', parameters: {...one, RAISES: 2, SLEEPERS: 2}, checks: both},
	{name: 'one grace period of another thread', parameters: {...one, POLLS: 1}, checks: both},
	{
		name: 'one fence, one grace period of another thread',
		parameters: {...one, FENCES: 1, POLLS: 1},
		checks: ['safety'],
	},
	{name: 'one fence, three vCPUs', parameters: {...one, VCPUS: 3, FENCES: 1}, checks: ['safety']},
	{
		name: 'one fence, both vCPUs in wfi',
		parameters: {...one, FENCES: 1, RAISES: 1, SLEEPERS: 2},
		checks: both,
		isLong: true,
	},
	{
		name: 'one fence, three vCPUs',
		parameters: {...one, VCPUS: 3, FENCES: 1},
		checks: ['liveness'],
		isLong: true,
	},
	{
		name: 'one fence, one grace period of another thread',
		parameters: {...one, FENCES: 1, POLLS: 1},
		checks: ['liveness'],
		isLong: true,
	},
] as const satisfies readonly Scene[]

type SceneName = (typeof scenes)[number]['name']

const fences = 'two fences'
const sleeps = 'one fence, one vCPU in wfi'
const wakes = 'two interrupts, both vCPUs in wfi'
const polls = 'one grace period of another thread'
const fenceAndPoll = 'one fence, one grace period of another thread'

/** The code as it was once. */
const formerFaults: readonly Mistake<SceneName>[] = [
	{
		name: 'OnlineStoresAgain',
		what: 'a reader that comes online stores its slot until it equals the counter, and tells nobody',
		scene: fences,
		check: 'liveness',
	},
	{
		name: 'WaitLooksAgain',
		what: 'a waiting thread sleeps on another value than those by which it decides',
		scene: sleeps,
		check: 'safety',
	},
]

/** One atomic step left out, or two that change places. */
const mutants: readonly Mistake<SceneName>[] = [
	{
		name: 'FirstLoadBeforeOnline',
		what: 'a critical section loads before online() has stored the slot',
		scene: fences,
		check: 'safety',
	},
	{
		name: 'UsedAfterTheQuiescentState',
		what: 'what a critical section loaded is used after its end',
		scene: fences,
		check: 'safety',
	},
	{
		name: 'SlotStoredAfterTelling',
		what: 'a quiescent state looks at waiters and holdout before it stores the slot',
		scene: fences,
		check: 'liveness',
	},
	{name: 'NobodyIsNotified', what: 'slotChanged() looks at no waiters', scene: sleeps, check: 'safety'},
	{name: 'HoldoutIsNotAsked', what: 'slotChanged() does not look at the holdout', scene: fences, check: 'liveness'},
	{name: 'OfflineTellsNobody', what: 'offline() ends without slotChanged()', scene: sleeps, check: 'safety'},
	{
		name: 'WaitDoesNotCompare',
		what: 'a thread falls asleep whatever the slot holds by now',
		scene: sleeps,
		check: 'safety',
	},
	{
		name: 'NoSecondLook',
		what: 'the slot is not looked at again once the holdout is named',
		scene: fences,
		check: 'liveness',
	},
	{
		name: 'HoldoutNamedAfterTheSecondLook',
		what: 'the holdout is named only after the second look',
		scene: fences,
		check: 'liveness',
	},
	{name: 'ScanSkipsTheHoldout', what: 'the scan goes on behind the holdout', scene: fenceAndPoll, check: 'safety'},
	{
		name: 'WantedTakenAfterTheCounter',
		what: '`wanted` is taken after the counter was stored',
		scene: fences,
		check: 'liveness',
	},
	{name: 'WantedAfterAdvance', what: '`wanted` is stored after advance()', scene: fences, check: 'liveness'},
	{
		name: 'PollNamesTheCurrentPeriod',
		what: 'startPoll() names the period that has begun',
		scene: fences,
		check: 'safety',
	},
	{name: 'UnpublishedAfterThePoll', what: 'an object is unpublished after startPoll()', scene: polls, check: 'safety'},
	{name: 'NobodyHandsOver', what: 'who finds `advancing` held leaves', scene: fences, check: 'liveness'},
	{
		name: 'ReleaseForgetsWhoLooked',
		what: '`advancing` is released by a store, whatever it holds',
		scene: fences,
		check: 'liveness',
	},
	{
		name: 'HandOverIsNotTaken',
		what: '`advancing` stays 2 when its holder looks again',
		scene: fences,
		check: 'liveness',
	},
	{name: 'FenceWaitsOnline', what: 'a fence waits without going offline', scene: fences, check: 'safety'},
	{
		name: 'FenceBeginsBeforeItsRequests',
		what: 'a fence begins its grace period before it posts requests and rings',
		scene: fences,
		check: 'safety',
	},
	{
		name: 'BellsTakenBeforeTheQuiescentState',
		what: 'a safepoint takes its bells before it passes the quiescent state',
		scene: fences,
		check: 'safety',
	},
	{name: 'SleepsOnline', what: 'a vCPU sleeps in wfi without going offline', scene: sleeps, check: 'safety'},
	{
		name: 'SleepLooksFirst',
		what: 'a vCPU looks at its doorbell, and falls asleep in another step',
		scene: wakes,
		check: 'liveness',
	},
	{
		name: 'BellsTakenAgainBeforeTheSleep',
		what: 'bells are taken between the look at pending interrupts and the sleep',
		scene: wakes,
		check: 'liveness',
	},
	{name: 'RingDoesNotNotify', what: 'ring() sets the bit, and does not notify', scene: wakes, check: 'liveness'},
	{
		name: 'LooksWhoSleepsBeforeTheBell',
		what: 'ring() looks whether the thread sleeps before it sets the bit',
		scene: wakes,
		check: 'liveness',
	},
	{
		name: 'SaysTooLateThatItSleeps',
		what: 'a thread that sleeps says so after its look at the doorbell',
		scene: wakes,
		check: 'liveness',
	},
	{name: 'NotifiesBeforeTheBell', what: 'ring() notifies before it sets the bit', scene: wakes, check: 'liveness'},
]

export const gracePeriods: Model = {name: 'grace-periods', scenes, formerFaults, mutants}
