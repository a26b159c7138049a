/** A network in user mode: frames of the guest's on one side, sockets of the host's on the other. */
export {type Address, formatAddress, formatMac, isInNetwork, type Mac, parseAddress, parseMac} from './address.ts'
export {type Clock, hostClock} from './clock.ts'
export type {HostEndpoint, HostNetwork} from './host.ts'
export {formatEndpoint} from './ip.ts'
export {nodeHost} from './node-host.ts'
export {defaultSettings, type Forward, type UserNetworkSettings} from './settings.ts'
export {type GuestLink, type OpenForward, UserNetwork, type UserNetworkParts} from './user-network.ts'
export type {FrameOffload, SendFrame} from './wire.ts'
