/** The types of a guest, to list, fetch and boot it. */

/** Paths of files, and the kernel's command line. */
export type GuestParts = Readonly<{kernel: string; initrd?: string; append?: string; bios?: string}>

export type GuestInfo = Readonly<{
	name: string
	description: string
	/** `damaged`: its files are not those that were fetched. */
	state: 'ready' | 'not fetched' | 'damaged'
	/** Whether it can be booted now. */
	ready: boolean
	/** Its size on disk; 0 if it is not fetched. */
	bytes: number
	/** Its files on disk, with the hashes kept when they were fetched. */
	files: readonly Readonly<{path: string; sha256?: string}>[]
}>

/** What removing a guest has removed. */
export type RemovedGuest = Readonly<{
	/** Undefined: it was not fetched. */
	folder: string | undefined
	bytes: number
}>

export type FetchProgress = Readonly<{
	/** The current step, as text. */
	step: string
	/** Of all steps together, 0 to 1. */
	fraction?: number
}>

export type FetchOptions = Readonly<{
	onProgress?: ((progress: FetchProgress) => void) | undefined
	signal?: AbortSignal | undefined
}>

export type ResolveOptions = Readonly<{
	/** As among a machine's options: where the files of the package are. */
	assets?: string | URL | undefined
}>
