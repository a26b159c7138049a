/** The workloads compiled for the host: what a guest's curve can reach at most on the same cores. */

export type NativeOptions = Readonly<{signal?: AbortSignal}>

/** @property compiler the first line of what it says of its version. */
export type Native = Readonly<{program: string; compiler: string}> | Readonly<{program?: undefined; reason: string}>

export const nativeWorkloads = async (_given: NativeOptions = {}): Promise<Native> => ({
	reason: 'No C compiler in PATH',
})
