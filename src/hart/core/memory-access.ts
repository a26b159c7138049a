/** Memory accesses that missed in generated code's TLB lookup: first, misaligned, page-crossing, and to devices. */
import {COUNT_MMIO_ACCESSES, PAGE_BYTES, PAGE_MASK, RUN_SCRATCH} from '../../../build/hart/offsets'
import {ACCESS_LOAD, ACCESS_STORE, accessFault, misaligned} from './access'
import {mmioRead, mmioWrite} from './env'
import {hart, raise} from './hart'
import {SLOWEST, slowWork} from './slow'
import {gpa, place, translate} from './translation'

/** @returns the offset in shared memory at which to load the value, or 0 with the exception raised. */
export function readMemory(gva: u64, bytes: u32): u32 {
	if (crosses(gva, bytes)) return readAcross(gva, bytes)
	if (!translate(gva, bytes, ACCESS_LOAD)) return 0
	return place != 0 ? place : readDevice(gva, bytes)
}

/** @returns 1 when the store is done, or 0 with the exception raised and nothing written. */
export function writeMemory(gva: u64, bytes: u32, value: u64): i32 {
	if (crosses(gva, bytes)) return writeAcross(gva, bytes, value)
	if (!translate(gva, bytes, ACCESS_STORE)) return 0
	if (place == 0) return writeDevice(gva, bytes, value)
	// Plain: a guest store; ordering between harts comes from the guest's fences and atomics.
	if (bytes == 1) store<u8>(place, <u8>value)
	else if (bytes == 2) store<u16>(place, <u16>value)
	else if (bytes == 4) store<u32>(place, <u32>value)
	else store<u64>(place, value)
	return 1
}

/** @param access 0 for LR, 1 for SC and AMOs. @returns the offset in shared memory, or 0 with the exception raised. */
export function atomicAddress(gva: u64, bytes: u32, access: u32): u32 {
	const kind = access == 0 ? ACCESS_LOAD : ACCESS_STORE
	if (gva & (bytes - 1)) return fault(misaligned(kind), gva)
	if (!translate(gva, bytes, kind)) return 0
	return place != 0 ? place : fault(accessFault(kind), gva)
}

function fault(cause: i32, gva: u64): u32 {
	raise(cause, gva)
	return 0
}

function crosses(gva: u64, bytes: u32): bool {
	return <u32>(gva & PAGE_MASK) + bytes > PAGE_BYTES
}

/** Bytes of a page-crossing access that lie in its first page. */
function firstPart(gva: u64): u32 {
	return PAGE_BYTES - <u32>(gva & PAGE_MASK)
}

/**
 * Translates both pages.
 * @returns the first part's place, and sets `place` to the second's; or 0 with the exception raised.
 */
function translateAcross(gva: u64, bytes: u32, access: u32): u32 {
	const first = firstPart(gva)
	if (!translate(gva, first, access)) return 0
	const firstPlace = place
	if (!translate(gva + first, bytes - first, access)) return 0
	// Devices have no misaligned registers.
	return firstPlace == 0 || place == 0 ? fault(misaligned(access), gva) : firstPlace
}

function readAcross(gva: u64, bytes: u32): u32 {
	const firstPlace = translateAcross(gva, bytes, ACCESS_LOAD)
	if (firstPlace == 0) return 0
	const first = firstPart(gva)
	const scratch = hart + RUN_SCRATCH
	// Plain: a guest load.
	memory.copy(scratch, firstPlace, first)
	memory.copy(scratch + first, place, bytes - first)
	return scratch
}

/** Both pages are translated before the first byte is written. */
function writeAcross(gva: u64, bytes: u32, value: u64): i32 {
	const firstPlace = translateAcross(gva, bytes, ACCESS_STORE)
	if (firstPlace == 0) return 0
	const first = firstPart(gva)
	const scratch = hart + RUN_SCRATCH
	// Plain: a guest store.
	store<u64>(scratch, value)
	memory.copy(firstPlace, scratch, first)
	memory.copy(place, scratch + first, bytes - first)
	return 1
}

function readDevice(gva: u64, bytes: u32): u32 {
	if (gva & (bytes - 1)) return fault(misaligned(ACCESS_LOAD), gva)
	countDeviceAccess()
	const address = <f64>gpa
	const low = mmioRead(address, min(bytes, 4))
	if (low < 0) return fault(accessFault(ACCESS_LOAD), gva)
	let value = <u64>low
	if (bytes == 8) {
		const high = mmioRead(address + 4, 4)
		if (high < 0) return fault(accessFault(ACCESS_LOAD), gva)
		value |= (<u64>high) << 32
	}
	store<u64>(hart, value, RUN_SCRATCH)
	return hart + RUN_SCRATCH
}

function writeDevice(gva: u64, bytes: u32, value: u64): i32 {
	if (gva & (bytes - 1)) return fault(misaligned(ACCESS_STORE), gva)
	countDeviceAccess()
	const address = <f64>gpa
	const low = bytes == 1 ? value & 0xff : bytes == 2 ? value & 0xffff : value & 0xffff_ffff
	if (!mmioWrite(address, min(bytes, 4), <f64>low)) return fault(accessFault(ACCESS_STORE), gva)
	if (bytes == 8 && !mmioWrite(address + 4, 4, <f64>(value >> 32))) return fault(accessFault(ACCESS_STORE), gva)
	return 1
}

function countDeviceAccess(): void {
	slowWork(SLOWEST)
	store<u64>(hart, load<u64>(hart, COUNT_MMIO_ACCESSES) + 1, COUNT_MMIO_ACCESSES)
}
