/** What generated code has to know of the TLB's design to look a page up. */
import {tagBias} from './tag-encoding.ts'
import type {TlbDesign} from './tlb-design.ts'

export type LookupForm = Readonly<{
	/** A tag is its page's address plus this, and plus its table's generation. */
	bias: 0 | 1
	/** Whether descriptors have generations: then generated code adds both together, as the table's stamp. */
	generations: boolean
	/** Whether the page number is folded to find the entry: indexFold. */
	hashed: boolean
}>

export function lookupForm({encoding, policy, index}: TlbDesign): LookupForm {
	return {bias: tagBias[encoding], generations: policy === 'epoch-tag', hashed: index === 'hashed'}
}
