/** Rings a vCPU's doorbell once. */
import {workerData} from 'node:worker_threads'
import {Doorbell, SharedMemory, VcpuBlocks} from '../../src/memory/index.ts'

const {memory, map, vcpu} = workerData
new VcpuBlocks(new SharedMemory(memory, map), 2).ring(vcpu, Doorbell.interrupt)
