/** The guest machine's board: bus, devices, device tree, and the words that wake and stop the main thread. */

export {Aclint} from './aclint.ts'
export {Board, type BoardOptions, boardRegion} from './board.ts'
export {type AccessBytes, Bus, type Device} from './bus.ts'
export {type ClockOrigin, ticksSince} from './clock.ts'
export {ConsoleBackend} from './console-backend.ts'
export {Control, ControlWords, MainDoorbell, type Stop, StopReason} from './control.ts'
export {DeviceLock} from './device-lock.ts'
export {type Fdt, type FdtNode, type FdtValue, readFdt, readFdtExtras, trimFdt, writeFdt} from './device-tree/fdt.ts'
export {type VirtTreeOptions, virtDeviceTree, virtExtensions, virtIsa} from './device-tree/virt-tree.ts'
export {GoldfishRtc} from './goldfish-rtc.ts'
export {
	type BoardDevice,
	type BoardRange,
	boardMap,
	maximumHarts,
	timebaseHertz,
	virtioSlot,
	virtioSlotCount,
} from './memory-map.ts'
export {Plic, plicSources} from './plic.ts'
export {Finisher} from './test-finisher.ts'
export {Uart} from './uart.ts'
export type {Buffer as ChainBuffer, Chain} from './virtio/chain.ts'
export type {DriverFeatures, ServedQueues, Taken} from './virtio/served-queues.ts'
export type {ServedDevice} from './virtio/virtio-device.ts'
export {RingFeature} from './virtio/virtio-features.ts'
export {mostQueues, VirtioMmio, type VirtioMmioVersion} from './virtio/virtio-mmio.ts'
export {WorkerBell, WorkerBells} from './virtio/worker-bells.ts'
