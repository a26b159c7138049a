/** Functions that the run loop provides, as src/hart/core/env.ts. */

/**
 * Another thread may have its turn here: src/turns.ts. Called under `if (FAULTS)` only.
 * @param point POINT_. @returns instructions of a piece of translated code at most; 0: any.
 */
export declare function passTurn(point: u32): i32
