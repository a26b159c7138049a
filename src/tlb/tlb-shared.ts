/** State that all vCPUs' TLBs share, at the start of the region `tlb`. */
import {sharedStruct} from '../memory/index.ts'
import {LatencyHistogram} from '../rcu/index.ts'

export const TlbShared = sharedStruct(
	{
		/** Any thread. */
		remoteFlushesBegun: 'i32',
		/** From posting a remote flush until every target has passed a quiescent state. Any thread. */
		remoteFlushes: LatencyHistogram,
		/** From the retirement of a table until it is cleared. With statistics. Any thread. */
		clearing: LatencyHistogram,
	},
	{align: 128},
)
