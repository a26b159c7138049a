/** A hart: its state in shared memory, its registers, its reset. The hart core is core/, compiled by itself. */
export {codeCacheBytes, codePageFinder, minimumCodePages} from './code-cache.ts'
export {CodePage, Slot} from './code-page.ts'
export {HartRegisters, type RegisterDump} from './hart-registers.ts'
export {enterSupervisor, type HartEntry, resetHarts} from './reset.ts'
export {fieldOffset, type HartField, VcpuBlock, vcpuRegions} from './vcpu-block.ts'
