/** What a machine needs to know to start its guest: plain data, made by planBoot(). */
import type {Gpa} from '../../memory/index.ts'

/** Bytes that are written to guest RAM before the harts start (and again at a reboot). */
export type Segment = Readonly<{
	/** For messages: `the kernel`, `the initrd`, `the device tree`, `the firmware`. */
	name: string
	gpa: Gpa
	bytes: Uint8Array
	/** Bytes of guest RAM that it takes, at least `bytes.length`; the rest is zero. */
	size: number
}>

/** How harts start. */
export type Entry =
	/** S-mode, built-in SBI: hart 0 starts at `pc` with a0 = 0, a1 = the device tree; the others are HSM STOPPED. */
	| Readonly<{mode: 'supervisor'; pc: Gpa}>
	/** M-mode: every hart starts at `pc` in the boot ROM, whose code sets a0 = mhartid, a1 = the device tree, a2 = fw_dynamic_info. */
	| Readonly<{mode: 'machine'; pc: Gpa}>

export type BootPlan = Readonly<{
	segments: readonly Segment[]
	/** The boot ROM at 0x1000; empty when it is not used. */
	rom: Uint8Array
	entry: Entry
	/** Also one of the segments. */
	dtb: Readonly<{gpa: Gpa; bytes: Uint8Array}>
}>

/** What the user gave: file names, as on the command line. */
export type BootOptions = Readonly<{
	/** Harts. */
	smp: number
	memoryBytes: number
	kernel?: string
	initrd?: string
	/** The guest's command line. */
	append?: string
	/** A file name, or `none`: the kernel is entered in M-mode. Left out: the built-in SBI. */
	bios?: string
	/** Instead of the generated device tree; its /chosen is changed for `append` and `initrd`. */
	dtb?: string
}>
