/** What a guest is, for those who list, fetch and boot it. */

/** Paths of files, and the guest's command line. */
export type GuestParts = Readonly<{kernel: string; initrd?: string; append?: string; bios?: string}>

export type GuestInfo = Readonly<{
	name: string
	description: string
	/** Whether it can be booted now. */
	ready: boolean
	/** On disk; 0 when it is not here. */
	bytes: number
}>

export type FetchProgress = Readonly<{
	/** What is being done, in words. */
	step: string
	/** 0 to 1, over all steps. */
	fraction?: number
}>

export type FetchOptions = Readonly<{
	onProgress?: ((progress: FetchProgress) => void) | undefined
	signal?: AbortSignal | undefined
}>
