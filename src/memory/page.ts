/** The page: the unit of translation, of physical memory protection, and of decoded code. */
export const pageShift = 12
/** Bytes. */
export const pageBytes = 2 ** pageShift
/** The bits of an address that are the offset in its page. */
export const pageMask = pageBytes - 1
