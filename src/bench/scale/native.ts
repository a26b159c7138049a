/** The host's own: the same program, compiled for it. */

export type Native = Readonly<{file: string; compiler: string}>

/** @returns undefined where no compiler is found. */
export const compileNative = async (_folder: string): Promise<Native | undefined> => undefined
