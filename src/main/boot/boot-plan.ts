/** The plan of a boot, made by planBoot(): plain data from which a machine starts its guest. */
import type {Gpa} from '../../memory/index.ts'

/** Bytes that are written to guest RAM before the harts start. */
export type Segment = Readonly<{
	/** Its name in messages: `the kernel`, `the initrd`, `the device tree`, `the firmware`. */
	name: string
	gpa: Gpa
	bytes: Uint8Array
	/** Bytes of guest RAM that it occupies, at least `bytes.length`; the rest is zero. */
	size: number
}>

/** How harts start. */
export type Entry =
	/** S-mode, built-in SBI: hart 0 starts at `pc` with a0 = 0, a1 = the device tree; the others are HSM STOPPED. */
	| Readonly<{mode: 'supervisor'; pc: Gpa}>
	/** M-mode: every hart starts at `pc`, in the boot ROM, with the arguments that resetVector() describes. */
	| Readonly<{mode: 'machine'; pc: Gpa}>

export type BootPlan = Readonly<{
	segments: readonly Segment[]
	/** The contents of the boot ROM at 0x1000; empty if it is not used. */
	rom: Uint8Array
	entry: Entry
	/** Also one of the segments. */
	dtb: Readonly<{gpa: Gpa; bytes: Uint8Array}>
	/** The kernel's file, if it is an ELF: for its symbols. */
	elf?: Uint8Array
}>

/** The user's options. Files are given by path. */
export type BootOptions = Readonly<{
	/** Harts. */
	smp: number
	memoryBytes: number
	kernel?: string
	initrd?: string
	/** An archive of our own that follows it. */
	initrdAddition?: Uint8Array
	/** The kernel's command line. */
	append?: string
	/** 32 random bytes for the device tree that is made; default: the host's. */
	rngSeed?: Uint8Array
	/** A path, or `none`: the kernel starts in M-mode. If undefined: the built-in SBI. */
	bios?: string
	/** Replaces the generated device tree; its /chosen is changed for `append` and `initrd`. */
	dtb?: string
}>
