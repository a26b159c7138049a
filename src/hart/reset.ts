/** Reset: the architectural state in which a hart starts. */

import {supervisorInterrupts, type VcpuBlocks} from '../memory/index.ts'
import {Counter, Envcfg, Privilege, Seccfg, Status} from './architecture.ts'
import {HartRegisters} from './hart-registers.ts'
import {VcpuBlock} from './vcpu-block.ts'

/** mstatus.UXL = SXL = 64 bits. */
const wideMstatus = Status.UXL_64 | Status.SXL_64
/** Delegated by the built-in SBI: every exception but ecall from S and M; supervisor interrupts. */
const delegatedExceptions = 0xb1ffn
const delegatedInterrupts = BigInt(supervisorInterrupts)
/** cycle, time, instret, hpmcounter3–31. */
const allCounters = 0xffff_ffffn
/** cycle, time, instret: what U-mode reads until S-mode decides. */
const basicCounters = Counter.CY | Counter.TM | Counter.IR
/**
 * menvcfg at reset, with and without firmware, as in QEMU: PBMTE (memory types), ADUE (page walks set A and D). So page
 * tables work as the device tree says even under firmware that knows neither.
 */
const resetEnvironment = Envcfg.PBMTE | Envcfg.ADUE
/** Under the built-in SBI also stimecmp and cache-block operations; cbo.inval invalidates. */
const supervisorEnvironment = resetEnvironment | Envcfg.STCE | Envcfg.CBZE | Envcfg.CBCFE | Envcfg.CBIE
const never = 2n ** 64n - 1n
/** PMP entry 0, as firmware without secrets leaves it: NAPOT over the whole physical space, R W X. */
const openPmp = {configuration: 0x1fn, address: 2n ** 54n - 1n}

const [a0, a1] = [10, 11]

export type HartEntry = Readonly<{mode: 'supervisor' | 'machine'; pc: number; dtb: number}>

/** Writes every hart's state. Only while no vCPU runs. */
export function resetHarts(blocks: VcpuBlocks, entry: HartEntry): void {
	for (let hart = 0; hart < blocks.count; hart++) {
		const block = blocks.base(hart)
		// Plain: no vCPU runs, and these stores are ordered before its start. The TLB's tables stay as they are.
		const registers = new HartRegisters(blocks.memory, block)
		const codeGeneration = registers.word('codeGeneration')
		const {u8} = blocks.memory
		u8.fill(0, block, block + VcpuBlock.offset.tlb)
		u8.fill(0, block + VcpuBlock.offset.hart, block + VcpuBlock.size)
		// A code cache in use keeps its pages; the next generation has them compared with the new RAM.
		registers.setWord('codeGeneration', codeGeneration + 1)
		registers.setWord('hartId', hart)
		registers.set('mstatus', wideMstatus)
		registers.set('stimecmp', never)
		registers.set('menvcfg', resetEnvironment)
		// The device tree promises S-mode the seed.
		registers.set('mseccfg', Seccfg.SSEED)
		registers.set('pc', BigInt(entry.pc))
		registers.set('x', BigInt(hart), a0)
		registers.set('x', BigInt(entry.dtb), a1)
		registers.setWord('privilege', Privilege[entry.mode])
		if (entry.mode === 'machine') continue
		registers.set('mstatus', wideMstatus | Status.FS_INITIAL)
		registers.set('medeleg', delegatedExceptions)
		registers.set('mideleg', delegatedInterrupts)
		registers.set('mcounteren', allCounters)
		// As firmware does: Linux leaves it alone without SBI's PMU extension, and its vDSO reads time in U-mode.
		registers.set('scounteren', basicCounters)
		registers.set('menvcfg', supervisorEnvironment)
		registers.set('pmpcfg', openPmp.configuration)
		registers.set('pmpaddr', openPmp.address)
		registers.setWord('builtInSbi', 1)
	}
}

/**
 * Enters S-mode as an HSM start does. SBI 2.0, "HSM Extension", register state at start; of what that leaves open, stvec, sscratch
 * and sie are as OpenSBI has them, so that nothing of the hart's life before is left.
 */
export function enterSupervisor(
	registers: HartRegisters,
	start: Readonly<{hart: number; address: bigint; opaque: bigint}>,
): void {
	registers.set('pc', start.address)
	registers.set('x', BigInt(start.hart), a0)
	registers.set('x', start.opaque, a1)
	registers.publishSatp(0n)
	registers.set('mstatus', registers.get('mstatus') & ~Status.SIE)
	registers.setWord('privilege', Privilege.supervisor)
	// Direct, whatever the address is.
	registers.set('stvec', start.address & ~3n)
	registers.set('sscratch', 0n)
	registers.set('mie', registers.get('mie') & ~delegatedInterrupts)
	registers.setWord('reservationOffset', 0)
}
