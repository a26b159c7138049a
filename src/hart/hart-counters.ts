/** A hart's statistics. */
import {array, sharedStruct} from '../memory/index.ts'
import {LatencyHistogram} from '../rcu/index.ts'

/** Plain: only this vCPU writes them; another thread's reads while it runs need not be of one moment. */
export const HartCounters = sharedStruct({
	traps: 'i64',
	interrupts: 'i64',
	pageWalks: 'i64',
	mmioAccesses: 'i64',
	codePagesDecoded: 'i64',
	codePagesChanged: 'i64',
	codeCacheResets: 'i64',
	instructionsDecoded: 'i64',
	/** Waits in WFI, or stopped or suspended; those that ended while the thread still looked; naps of a hart that spins, or gives way. */
	halts: 'i64',
	haltsPolled: 'i64',
	naps: 'i64',
	waysGiven: 'i64',
	/** Instructions retired by translated regions, and how often the interpreter entered one. */
	instructionsTranslated: 'i64',
	regionEntries: 'i64',
	/** Returns of regions to the interpreter by RegionStatus, and entries right after the return of a jump. */
	regionExits: array('i64', 4),
	regionReentries: 'i64',
	/** Base registers found to roam: src/translate/roaming.ts. */
	registersRoaming: 'i64',
	/** Jumps of regions that ended there: no region at the target; calls nested too deep. */
	regionMisses: 'i64',
	regionDepthLimits: 'i64',
	/**
	 * With --count-chains: regions called and jumped to, in the same module or by slot; returns after which the caller
	 * went on.
	 */
	directCalls: 'i64',
	slotCalls: 'i64',
	directJumps: 'i64',
	slotJumps: 'i64',
	returnsTaken: 'i64',
	/** Likewise: calls whose callee did not return to the caller, by the RegionStatus that it passed up. */
	callsUnwound: array('i64', 4),
	/**
	 * With --jit-synchronous: requests, modules, regions, and bytes of WebAssembly that the hart has translated by itself,
	 * and dropped; times in microseconds. Other translations are counted by the translation service.
	 */
	ownRequests: 'i64',
	ownRejected: 'i64',
	ownModules: 'i64',
	ownModulesDropped: 'i64',
	ownRegions: 'i64',
	ownRegionsDropped: 'i64',
	ownWasmBytes: 'i64',
	ownWasmBytesDropped: 'i64',
	ownGuestInstructions: 'i64',
	ownTranslateTime: 'i64',
	ownCompileTime: 'i64',
	ownLatency: LatencyHistogram,
})
