/** Memory accesses that missed in generated code's TLB lookup: first, misaligned, page-crossing, and to devices. */
import {
	ACTIVITY_DEVICE,
	ATOMIC_LOAD_RESERVED,
	ATOMIC_STORE_CONDITIONAL,
	COUNT_MMIO_ACCESSES,
	PAGE_BYTES,
	PAGE_MASK,
	RUN_RESERVATION_BYTES,
	RUN_RESERVATION_OFFSET,
	RUN_RESERVATION_VALUE,
	RUN_RESERVED_REGISTER,
	RUN_SCRATCH,
} from '../../../build/hart/offsets'
import {ACCESS_LOAD, ACCESS_STORE, accessFault, misaligned} from './access'
import {beginActivity, endActivity} from './activity'
import {zeroBlock} from './cache-blocks'
import {afterStore, announceLater, beforeStore, setInRegion} from './code-stores'
import {mmioAmo, mmioHigh, mmioRead, mmioStoreConditional, mmioWrite} from './env'
import {hart, raise} from './hart'
import {SLOWEST, slowWork} from './slow'
import {gpa, place, trackedPage, translate} from './translation'

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
	const page = trackedPage
	if (!beforeStore(page, place, bytes)) return 0
	// Plain: a guest store; ordering between harts comes from the guest's fences and atomics.
	if (bytes == 1) store<u8>(place, <u8>value)
	else if (bytes == 2) store<u16>(place, <u16>value)
	else if (bytes == 4) store<u32>(place, <u32>value)
	else store<u64>(place, value)
	afterStore(page, place, bytes)
	return 1
}

/**
 * Where generated code carries out an atomic operation. An operation on a device register is carried out here. Generated
 * code then does the same to RUN_SCRATCH, with the same result: LR and AMOs find the old value there, and SC finds what it
 * expects there if it succeeded here.
 * @param operation a number in AtomicOperation. @param value the operand of SC or AMO.
 * @returns the offset in shared memory, or 0 with the exception raised.
 */
export function atomicAddress(gva: u64, bytes: u32, operation: u32, value: u64): u32 {
	const kind = operation == ATOMIC_LOAD_RESERVED ? ACCESS_LOAD : ACCESS_STORE
	if (gva & (bytes - 1)) return fault(misaligned(kind), gva)
	if (!translate(gva, bytes, kind)) return 0
	if (place != 0) {
		if (trackedPage != 0) {
			if (!beforeStore(trackedPage, place, bytes)) return 0
			announceLater(trackedPage)
		}
		return place
	}
	if (operation == ATOMIC_LOAD_RESERVED) return reserveRegister(gva, bytes)
	if (operation == ATOMIC_STORE_CONDITIONAL) return storeConditional(gva, bytes, value)
	return amo(gva, bytes, operation, value)
}

/** The three that store, called by a translated region: they may raise CAUSE_LEAVE_REGION. */
export function writeMemoryInRegion(gva: u64, bytes: u32, value: u64): i32 {
	setInRegion(true)
	const done = writeMemory(gva, bytes, value)
	setInRegion(false)
	return done
}

export function atomicAddressInRegion(gva: u64, bytes: u32, operation: u32, value: u64): u32 {
	setInRegion(true)
	const address = atomicAddress(gva, bytes, operation, value)
	setInRegion(false)
	return address
}

export function zeroBlockInRegion(gva: u64): i32 {
	setInRegion(true)
	const status = zeroBlock(gva)
	setInRegion(false)
	return status
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

/** Of the first of two pages, as trackedPage. */
let firstTrackedPage: u32 = 0

/**
 * Translates both pages.
 * @returns the first part's place, and sets `place` to the second's; or 0 with the exception raised.
 */
function translateAcross(gva: u64, bytes: u32, access: u32): u32 {
	const first = firstPart(gva)
	if (!translate(gva, first, access)) return 0
	const firstPlace = place
	firstTrackedPage = trackedPage
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
	const page = trackedPage
	if (!beforeStore(firstTrackedPage, firstPlace, first) || !beforeStore(page, place, bytes - first)) return 0
	const scratch = hart + RUN_SCRATCH
	// Plain: a guest store.
	store<u64>(scratch, value)
	memory.copy(firstPlace, scratch, first)
	memory.copy(place, scratch + first, bytes - first)
	afterStore(firstTrackedPage, firstPlace, first)
	afterStore(page, place, bytes - first)
	return 1
}

function readDevice(gva: u64, bytes: u32): u32 {
	if (gva & (bytes - 1)) return fault(misaligned(ACCESS_LOAD), gva)
	const before = beginDeviceAccess()
	const low = mmioRead(<f64>gpa, bytes)
	endActivity(before)
	return answered(gva, bytes, low, ACCESS_LOAD)
}

function writeDevice(gva: u64, bytes: u32, value: u64): i32 {
	if (gva & (bytes - 1)) return fault(misaligned(ACCESS_STORE), gva)
	const before = beginDeviceAccess()
	const narrow = bytes == 1 ? value & 0xff : bytes == 2 ? value & 0xffff : value
	const done = mmioWrite(<f64>gpa, bytes, lowWord(narrow), highWord(narrow))
	endActivity(before)
	return done ? 1 : fault(accessFault(ACCESS_STORE), gva)
}

/** Generated code notes the reservation, with RUN_SCRATCH as its address. */
function reserveRegister(gva: u64, bytes: u32): u32 {
	store<u64>(hart, gpa, RUN_RESERVED_REGISTER)
	return readDevice(gva, bytes)
}

function storeConditional(gva: u64, bytes: u32, value: u64): u32 {
	const before = beginDeviceAccess()
	const scratch = hart + RUN_SCRATCH
	const reserved =
		load<u32>(hart, RUN_RESERVATION_OFFSET) == scratch &&
		load<u32>(hart, RUN_RESERVATION_BYTES) == bytes &&
		load<u64>(hart, RUN_RESERVED_REGISTER) == gpa
	const expected = load<u64>(hart, RUN_RESERVATION_VALUE)
	const stored = mmioStoreConditional(
		<f64>gpa,
		bytes,
		reserved ? 1 : 0,
		lowWord(expected),
		highWord(expected),
		lowWord(value),
		highWord(value),
	)
	endActivity(before)
	if (stored < 0) return fault(accessFault(ACCESS_STORE), gva)
	store<u64>(scratch, stored ? expected : ~expected)
	return scratch
}

function amo(gva: u64, bytes: u32, operation: u32, value: u64): u32 {
	const before = beginDeviceAccess()
	const low = mmioAmo(<f64>gpa, bytes, operation, lowWord(value), highWord(value))
	endActivity(before)
	return answered(gva, bytes, low, ACCESS_STORE)
}

/** @param low what the device answered. @returns RUN_SCRATCH's offset, with the value there; or 0 with the access fault raised. */
function answered(gva: u64, bytes: u32, low: f64, access: u32): u32 {
	if (low < 0) return fault(accessFault(access), gva)
	const value = bytes == 8 ? <u64>low | ((<u64>mmioHigh()) << 32) : <u64>low
	store<u64>(hart, value, RUN_SCRATCH)
	return hart + RUN_SCRATCH
}

function lowWord(value: u64): f64 {
	return <f64>(value & 0xffff_ffff)
}

function highWord(value: u64): f64 {
	return <f64>(value >> 32)
}

/** Counts an access. @returns what endActivity() takes. */
function beginDeviceAccess(): u32 {
	slowWork(SLOWEST)
	store<u64>(hart, load<u64>(hart, COUNT_MMIO_ACCESSES) + 1, COUNT_MMIO_ACCESSES)
	return beginActivity(ACTIVITY_DEVICE, gpa)
}
