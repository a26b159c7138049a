/** The named guests, as the command line uses them; the tests have their own. */
import type * as guests from '../guests/index.ts'

export type {FetchProgress, GuestInfo} from '../guests/index.ts'

export type GuestLibrary = Pick<typeof guests, 'listGuests' | 'fetchGuest' | 'removeGuest' | 'resolveGuest'>
