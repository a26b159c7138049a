/** The words of a 64-bit value, unsigned: how it is passed where a BigInt would be allocated. */
export type WordPair = {low: number; high: number}
