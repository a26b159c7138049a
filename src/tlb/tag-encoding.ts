/** How a page's address becomes the tag of its entry, so that a zeroed entry matches nothing. Chosen per machine. */

/**
 * `poison-zero`: the tag is the address. Page 0's tag is zero and belongs in slot 0, where an empty table holds
 * `neverTag`: taking or emptying a table writes that. A lookup compares with the masked address itself.
 * `plus-one`: the tag is the address + 1, never zero. An empty table is all zeroes, and a lookup adds 1.
 */
export const tagEncodings = ['poison-zero', 'plus-one'] as const
export type TagEncoding = (typeof tagEncodings)[number]

/** A page's tag is its address, whose low 12 bits are 0, plus this. */
export const tagBias: Readonly<Record<TagEncoding, 0 | 1>> = {'poison-zero': 0, 'plus-one': 1}
