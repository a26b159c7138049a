/** Folders of the host for the guest, over 9P2000.L. */
export type {SecurityModel} from './ownership.ts'
export type {Pieces} from './pieces.ts'
export type {Multidevs} from './qids.ts'
export {type Access, type Served, Server, type ServerOptions} from './server.ts'
export type {Limits} from './session.ts'
