/** What the command line needs of src/main/guests. */

export type GuestParts = Readonly<{
	/** Paths of files. */
	kernel?: string
	initrd?: string
	bios?: string
	append?: string
}>

export type GuestInfo = Readonly<{
	name: string
	description?: string
	/** Whether it can be run now. */
	ready?: boolean
	/** On disk. */
	bytes?: number
}>

export type FetchProgress = Readonly<{
	/** What is being done, in words. */
	step: string
	/** 0 to 1; undefined while it cannot be told. */
	fraction?: number
}>

export type FetchOptions = Readonly<{onProgress?: (progress: FetchProgress) => void; signal?: AbortSignal}>

export type GuestLibrary = Readonly<{
	listGuests: () => Promise<readonly GuestInfo[]>
	fetchGuest: (name: string, options: FetchOptions) => Promise<unknown>
	removeGuest: (name: string) => Promise<unknown>
	/** @throws UserError when there is no such guest, or it has not been fetched. */
	resolveGuest: (name: string) => Promise<GuestParts>
}>
