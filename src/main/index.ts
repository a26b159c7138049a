/** Manyhart as a library. */
/// <reference lib="esnext.disposable" preserve="true" />
import './check-node.ts'

export {UserError} from '../errors.ts'
export type {RegisterDump} from '../hart/index.ts'
export type {TlbDesign} from '../tlb/index.ts'
export type {CommandInput, ExecOptions, GuestCommand} from './agent/guest-commands.ts'
export {assetPaths} from './artifacts.ts'
export type {BalloonOptions, BalloonStatistics} from './balloon.ts'
export type {PortOptions} from './consoles.ts'
export type {DriveOptions} from './drives.ts'
export {
	type FetchOptions,
	type FetchProgress,
	fetchGuest,
	type GuestInfo,
	type GuestParts,
	listGuests,
	type ResolveOptions,
	resolveGuest,
} from './guests/index.ts'
export {Machine} from './library-machine.ts'
export type {
	MachineConsole,
	MachineOptions,
	MachineOutcome,
	TranslationOptions,
} from './machine-interface.ts'
export type {HartStatistics, MachineStatistics} from './machine-statistics.ts'
export type {ShareOptions} from './shares.ts'
export type {TranslationStatistics} from './translation/index.ts'
