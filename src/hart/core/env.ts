/** Functions that the run loop provides to the hart core. asc names the import module "env" after this file. */

// A device register's value is passed as two unsigned words; 1, 2 and 4 bytes are the low one.

/** @param bytes 1, 2, 4 or 8. @returns the low word, or −1 if there is no register. */
export declare function mmioRead(gpa: f64, bytes: i32): f64
/** The high word of what the last mmioRead() or mmioAmo() of 8 bytes read. */
export declare function mmioHigh(): f64
/** @param bytes 1, 2, 4 or 8. @returns 0 if there is no register, else 1. */
export declare function mmioWrite(gpa: f64, bytes: i32, low: f64, high: f64): i32
/**
 * @param bytes 4 or 8. @param operation an AMO's number in AtomicOperation. @returns the low word of the old
 * value, or −1 if there is no register.
 */
export declare function mmioAmo(gpa: f64, bytes: i32, operation: i32, low: f64, high: f64): f64
/**
 * Stores the value if `reserved` is 1 and the register holds the expected value.
 * @param bytes 4 or 8. @returns 1 if the value was stored, 0 if not, −1 if there is no register.
 */
export declare function mmioStoreConditional(
	gpa: f64,
	bytes: i32,
	reserved: i32,
	expectedLow: f64,
	expectedHigh: f64,
	low: f64,
	high: f64,
): i32
/** @returns the table index of the translated region that runs at an offset of a code page, or −1. */
export declare function findRegion(code: u32, offset: u32): i32
/** Ticks of the timebase since the machine started. */
export declare function time(): f64
/** @returns 16 bits of entropy, good enough for keys. */
export declare function random(): f64
/** Empties those of this vCPU's tables that a flush in place has left. @param regimes bit n = regime n. */
export declare function replaceTables(regimes: i32): void
/** Before and after a flush; with statistics only. @param regimes that were left to replaceTables(). */
export declare function flushBegins(): void
export declare function flushEnds(regimes: i32): void
/** Raises the timer interrupts that are due. @returns 1 if the slice has lasted long enough. */
export declare function lookAtClock(): i32
/** The next timer deadline may have moved. */
export declare function timerChanged(): void
