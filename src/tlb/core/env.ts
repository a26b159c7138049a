/** Functions that the run loop provides, as src/hart/core/env.ts. */

/** Another thread may have its turn here: src/turns.ts. Called under `if (FAULTS)` only. @param point POINT_. */
export declare function passTurn(point: u32): void
