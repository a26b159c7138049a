/** A hart's statistics. */
import {array, sharedStruct} from '../memory/index.ts'

/** Plain: only this vCPU writes them; who reads them while it runs sees a moment of each. */
export const HartCounters = sharedStruct({
	traps: 'i64',
	interrupts: 'i64',
	pageWalks: 'i64',
	mmioAccesses: 'i64',
	codePagesDecoded: 'i64',
	codePagesChanged: 'i64',
	codeCacheResets: 'i64',
	instructionsDecoded: 'i64',
	/** Instructions retired by translated regions, and how often the interpreter entered one. */
	instructionsTranslated: 'i64',
	regionEntries: 'i64',
	/** Returns of regions to the interpreter by RegionStatus, and the entries that followed a jump's at once. */
	regionExits: array('i64', 4),
	regionReentries: 'i64',
	/** Jumps of regions that ended there: no region at the target; calls nested too deep. */
	regionMisses: 'i64',
	regionDepthLimits: 'i64',
	/** Where chains are counted: regions called and jumped to, in the same module or through their slots; returns after which the caller went on. */
	directCalls: 'i64',
	slotCalls: 'i64',
	directJumps: 'i64',
	slotJumps: 'i64',
	returnsTaken: 'i64',
	/** Likewise: calls whose callee did not come back to the caller, by the RegionStatus that was handed up. */
	callsUnwound: array('i64', 4),
})
