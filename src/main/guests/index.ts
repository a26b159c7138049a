/** The named guests. */

export {makeFolder} from '../make-folder.ts'
export {cacheFolder, translationsFolder} from './cache-folder.ts'
export {type CpioEntry, packCpio} from './cpio.ts'
export {withPackages} from './disk-guests.ts'
export {acquireFetchLock} from './fetch-lock.ts'
export type {FetchOptions, FetchProgress, GuestInfo, GuestParts, RemovedGuest, ResolveOptions} from './guest.ts'
export {fetchGuest, guestDescriptions, listGuests, removeGuest, resolveGuest} from './guests.ts'
