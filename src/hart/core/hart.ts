/** The hart of this instance: its block, and guest memory. */
import {RAM_BASE, RUN_TRAP_CAUSE, RUN_TRAP_TVAL} from '../../../build/hart/offsets'

/** Offset of the vCPU's block in shared memory; all HART_, TLB_ and WORDS_ offsets start here. */
export let hart: u32 = 0
let ramOffset: u32 = 0
let ramBytes: u64 = 0
let romOffset: u32 = 0
let romGpa: u64 = 0
let romBytes: u64 = 0

/** RAM and ROM are page-aligned, in shared memory as in guest-physical space. Called by attach(), once. */
export function attachMemory(block: u32, ram: u32, ramSize: f64, rom: u32, romBase: f64, romSize: f64): void {
	hart = block
	ramOffset = ram
	ramBytes = <u64>ramSize
	romOffset = rom
	romGpa = <u64>romBase
	romBytes = <u64>romSize
}

/** @returns the offset in shared memory of the byte at gpa, or 0 if that is not guest RAM. */
export function ramAt(gpa: u64): u32 {
	const distance = gpa - RAM_BASE
	return distance < ramBytes ? ramOffset + <u32>distance : 0
}

/** @returns the offset in guest RAM of a place in shared memory, or −1 where it is another. */
export function ramDistance(place: u32): i64 {
	const distance = <i64>place - <i64>ramOffset
	return distance >= 0 && distance < <i64>ramBytes ? distance : -1
}

/** @returns the offset in shared memory of the byte at gpa, or 0 if that is not the boot ROM. */
export function romAt(gpa: u64): u32 {
	const distance = gpa - romGpa
	return distance < romBytes ? romOffset + <u32>distance : 0
}

/** Records the exception; takeTrap() takes it. */
export function raise(cause: i32, tval: u64): void {
	store<u64>(hart, cause, RUN_TRAP_CAUSE)
	store<u64>(hart, tval, RUN_TRAP_TVAL)
}
