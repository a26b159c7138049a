/** A vCPU: the thread that runs one hart. Exports what the main thread needs to start it. */
export {nodeEndpoint} from './comlink-endpoint.ts'
export {activityOf, reportStall} from './hart-reports.ts'
export {HostCores} from './host-cores.ts'
export {serialBoard} from './serial-board.ts'
export type {VcpuConfig} from './vcpu-config.ts'
export type {VcpuApi} from './worker.ts'
