/** The types of a guest, to list, fetch and boot it. */
import type {DriveOptions} from '../drives.ts'

/** Of a machine's options: paths of files, the kernel's command line, and what else the guest has by default. */
export type GuestParts = Readonly<{
	kernel: string
	initrd?: string
	append?: string
	bios?: string
	/** Its disk: what is written goes to a temporary file, so that each run begins alike. */
	drives?: readonly DriveOptions[]
	networks?: readonly string[]
}>

export type GuestInfo = Readonly<{
	name: string
	description: string
	/** `begun`: a fetch was interrupted; another one goes on there. `damaged`: its files are not those that were fetched. */
	state: 'ready' | 'not fetched' | 'begun' | 'damaged'
	/** Whether it can be booted now. */
	ready: boolean
	/** Its size on disk, with what an interrupted fetch has left; 0 if there is nothing. */
	bytes: number
	/** Its files on disk, with the hashes kept when they were fetched. */
	files: readonly Readonly<{path: string; sha256?: string}>[]
}>

/** What removing a guest has removed. */
export type RemovedGuest = Readonly<{
	/** Undefined: it was not fetched. */
	folder: string | undefined
	bytes: number
	/** The names of guests that were on top of its disk, and are gone with it. */
	layers: readonly string[]
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

export type RemoveOptions = Readonly<{
	/** Called once if another process fetches or removes guests: then this one waits for it. */
	onWait?: (() => void) | undefined
	signal?: AbortSignal | undefined
}>

export type ResolveOptions = Readonly<{
	/** As among a machine's options: where the files of the package are. */
	assets?: string | URL | undefined
}>

/** A guest that can be asked for. */
export type NamedGuest = Readonly<{name: string; description: string}> &
	(
		| Readonly<{origin: 'package'; parts: (options: ResolveOptions) => GuestParts}>
		| Readonly<{
				origin: 'cache'
				/** Where its files are, with their record. */
				folder: string
				fetch: (options: FetchOptions) => Promise<void>
				/** Of a guest that is fetched. */
				parts: () => Promise<GuestParts>
				/** The guest whose disk is below its own. */
				base?: NamedGuest
				/** A folder that an interrupted fetch has left, to go on from. */
				building?: string
		  }>
	)
