/** The I/O worker: a thread that serves virtio devices. Exports what the main thread needs to start it. */
export {BalloonConfig, type BalloonSlot, balloonDevice, balloonPageBytes} from './balloon-config.ts'
export {blockDevice} from './block-config.ts'
export type {BlockOptions} from './block-handler.ts'
export {type ConsolePort, type ConsoleSlot, consoleDevice, mostPorts, type PortEnd} from './console-config.ts'
export type {BlockSlot, IoApi, IoConfig, NetSlot} from './io-config.ts'
export {netDevice} from './net-config.ts'
export type {FromMain, ToMain} from './port-channel.ts'
export {type ShareSlot, shareDevice} from './share-config.ts'
