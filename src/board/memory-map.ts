/** The address map and interrupt numbers of QEMU's RISC-V board `virt` (hw/riscv/virt.c, `virt_memmap`). */
import {type Gpa, ramBase} from '../memory/index.ts'

export type BoardRange = Readonly<{base: Gpa; size: number}>
export type BoardDevice = BoardRange & Readonly<{irq: number}>

export const virtioSlotCount = 8

/** Sizes in bytes; `irq` is the source number at the PLIC. */
export const boardMap = {
	bootRom: {base: 0x1000, size: 0xf000},
	testFinisher: {base: 0x10_0000, size: 0x1000},
	rtc: {base: 0x10_1000, size: 0x1000, irq: 11},
	aclint: {base: 0x200_0000, size: 0x1_0000},
	plic: {base: 0xc00_0000, size: 0x60_0000},
	uart: {base: 0x1000_0000, size: 0x100, irq: 10},
	ram: {base: ramBase},
} as const

/** What QEMU's `virt` has besides, and this board has not. */
export const emptyPlaces = {
	pciPorts: {base: 0x300_0000, size: 0x1_0000},
	firmwareConfiguration: {base: 0x1010_0000, size: 0x18},
	flash: {base: 0x2000_0000, size: 0x400_0000},
	pciConfiguration: {base: 0x3000_0000, size: 0x1000_0000},
} as const

/** @param slot 0 … virtioSlotCount − 1. */
export function virtioSlot(slot: number): BoardDevice {
	return {base: 0x1000_1000 + 0x1000 * slot, size: 0x1000, irq: 1 + slot}
}

/** Harts of one machine at most; the devices' state is laid out for this many. */
export const maximumHarts = 64

/** Ticks per second of mtime and of the `time` CSR, as in QEMU's virt. */
export const timebaseHertz = 10_000_000
