/** The boot ROM's contents: the code that every hart runs first, as in QEMU's `virt` (hw/riscv/boot.c). */
import type {Gpa} from '../../memory/index.ts'

/**
 *     a2 = &fw_dynamic_info; a0 = mhartid; a1 = dtb; jump to start
 */
const code = [
	0x0000_0297, // auipc t0, 0
	0x0282_8613, // addi a2, t0, 40
	0xf140_2573, // csrr a0, mhartid
	0x0202_b583, // ld a1, 32(t0)
	0x0182_b283, // ld t0, 24(t0)
	0x0002_8067, // jr t0
]

/** OpenSBI, include/sbi/fw_dynamic.h: "OSBI". */
const fwDynamicMagic = 0x4942_534fn
const fwDynamicVersion = 2n
const supervisorMode = 1n

export type ResetVector = Readonly<{
	/** The address that the code jumps to, in M-mode. */
	start: Gpa
	dtb: Gpa
	/** The address at which the firmware enters S-mode; 0 for none. */
	next: Gpa
}>

/** @returns the ROM: code, two pointers at byte 24, fw_dynamic_info at byte 40. */
export function resetVector({start, dtb, next}: ResetVector): Uint8Array {
	const pointers = [BigInt(start), BigInt(dtb)]
	const options = 0n
	const bootHart = 0n
	const fwDynamicInfo = [fwDynamicMagic, fwDynamicVersion, BigInt(next), supervisorMode, options, bootHart]
	const doublewords = [...pointers, ...fwDynamicInfo]
	const view = new DataView(new ArrayBuffer(code.length * 4 + doublewords.length * 8))
	for (const [index, instruction] of code.entries()) view.setUint32(index * 4, instruction, true)
	for (const [index, value] of doublewords.entries()) view.setBigUint64(code.length * 4 + index * 8, value, true)
	return new Uint8Array(view.buffer)
}
