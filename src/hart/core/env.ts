/** Functions that the run loop provides to the hart core. asc names the import module "env" after this file. */

/** @param bytes 1, 2 or 4. @returns the register's value, unsigned, or −1 if there is no register. */
export declare function mmioRead(gpa: f64, bytes: i32): f64
/** @returns 0 if there is no register, else 1. */
export declare function mmioWrite(gpa: f64, bytes: i32, value: f64): i32
/** Ticks of the timebase since the machine started. */
export declare function time(): f64
/** @returns 16 bits of entropy, good enough for keys. */
export declare function random(): f64
/** Empties those of this vCPU's tables that a flush in place has left. @param regimes bit n = regime n. */
export declare function replaceTables(regimes: i32): void
/** Raises the timer interrupts that are due. @returns 1 if the slice has lasted long enough. */
export declare function lookAtClock(): i32
/** The next timer deadline may have moved. */
export declare function timerChanged(): void
