/** What becomes of a run that a thread watches: a word that it shares with the hart's thread. */
export const RunLimit = {none: 0, running: 1, over: 2, rung: 3} as const
