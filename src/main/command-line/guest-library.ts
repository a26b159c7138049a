/** The interface of the named guests to the command line. Tests implement their own. */
import type * as guests from '../guests/index.ts'

export type {FetchProgress, GuestInfo, GuestParts} from '../guests/index.ts'

export type GuestLibrary = Pick<
	typeof guests,
	'listGuests' | 'fetchGuest' | 'withPackages' | 'removeGuest' | 'resolveGuest'
>
