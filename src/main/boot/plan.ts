/** Plans a boot: reads the files, places them in memory, and makes the device tree. */
import {boardMap, virtDeviceTree} from '../../board/index.ts'
import {expected} from '../../errors.ts'
import {type Gpa, pageBytes, ramBase} from '../../memory/index.ts'
import {readBootFile} from './boot-file.ts'
import type {BootOptions, BootPlan, Entry, Segment} from './boot-plan.ts'
import {readDeviceTree, withChosen} from './device-tree-file.ts'
import type {Loaded} from './elf.ts'
import {loadFirmware} from './firmware.ts'
import {type KernelPlace, loadKernel} from './kernel.ts'
import {alignDown, alignUp, checkSegments, endOf, mebibyte, ramEnd} from './ram-range.ts'
import {resetVector} from './reset-vector.ts'

/** Linux kernels need an alignment of 2 MiB; firmware occupies the 2 MiB below. */
const supervisorKernelAlignment = 2 * mebibyte
const deviceTreeAlignment = 2 * mebibyte
/** Kernels must reach the device tree before they map memory above this. */
const deviceTreeLimit: Gpa = 3072 * mebibyte
/** The initrd's offset in RAM if there is room: out of the way of a kernel that relocates itself or grows. */
const initrdDistance = 128 * mebibyte
/** Of an archive behind the initrd. Linux, Documentation/driver-api/early-userspace/buffer-format.rst. */
const archiveAlignment = 4

/** @throws UserError if a file cannot be read, has the wrong format, or does not fit into memory. */
export async function planBoot(options: BootOptions): Promise<BootPlan> {
	const {memoryBytes, bios} = options
	const firmware = bios === undefined || bios === 'none' ? undefined : await loadFirmware(bios, memoryBytes)
	const kernel =
		options.kernel === undefined ? undefined : await loadKernel(options.kernel, kernelPlace(options, firmware))
	const first = firmware ?? kernel
	if (!first) throw expected('--kernel or a firmware for --bios', 'neither')
	const programs = [...(firmware?.segments ?? []), ...(kernel?.segments ?? [])]
	checkSegments(programs, memoryBytes)

	const makeTree = await deviceTreeMaker(options, kernel?.bootargs)
	const hasInitrd = options.initrd !== undefined || options.initrdAddition !== undefined
	const treeSize = makeTree(hasInitrd ? {start: 0, end: 0} : undefined).length
	const treeGpa = placeDeviceTree(treeSize, programs, memoryBytes)
	const initrd = hasInitrd ? await loadInitrd(options, programs, treeGpa) : undefined
	const dtb = {gpa: treeGpa, bytes: makeTree(initrd && {start: initrd.gpa, end: endOf(initrd)})}
	const tree: Segment = {name: 'the device tree', ...dtb, size: dtb.bytes.length}

	const segments = [...programs, ...(initrd ? [initrd] : []), tree]
	checkSegments(segments, memoryBytes)
	const shared = {segments, dtb, ...(kernel?.elf && {elf: kernel.elf})}
	if (bios === undefined) return {...shared, rom: new Uint8Array(), entry: {mode: 'supervisor', pc: first.entry}}
	const rom = resetVector({start: first.entry, dtb: treeGpa, next: firmware ? (kernel?.entry ?? 0) : 0})
	const entry: Entry = {mode: 'machine', pc: boardMap.bootRom.base}
	return {...shared, rom, entry}
}

/** As in QEMU: above the firmware (or where it would be), at the start of RAM with `--bios none`. */
function kernelPlace({bios, memoryBytes}: BootOptions, firmware: Loaded | undefined): KernelPlace {
	if (bios === 'none') return {base: ramBase, memoryBytes, enteredBy: 'boot ROM'}
	const end = firmware ? Math.max(...firmware.segments.map(endOf)) : ramBase + 1
	const enteredBy = firmware ? 'firmware' : 'built-in SBI'
	return {base: alignUp(end, supervisorKernelAlignment), memoryBytes, enteredBy}
}

type InitrdRange = Readonly<{start: Gpa; end: Gpa}>

async function deviceTreeMaker(
	{smp, memoryBytes, append, dtb, rngSeed}: BootOptions,
	defaultBootargs: string | undefined,
): Promise<(initrd: InitrdRange | undefined) => Uint8Array> {
	if (dtb === undefined) {
		const bootargs = append ?? defaultBootargs
		const chosen = bootargs === undefined ? {} : {bootargs}
		return (initrd) =>
			virtDeviceTree({harts: smp, memoryBytes, ...chosen, ...(initrd && {initrd}), ...(rngSeed && {rngSeed})})
	}
	const chosen = append === undefined ? {} : {bootargs: append}
	const file = await readDeviceTree(dtb)
	return (initrd) => withChosen(file, {...chosen, ...(initrd && {initrd})})
}

/** Places the device tree at the end of RAM, or of what kernels can reach at first. */
function placeDeviceTree(size: number, programs: readonly Segment[], memoryBytes: number): Gpa {
	const limit = Math.min(ramEnd(memoryBytes), deviceTreeLimit)
	const gpa = alignDown(limit - size, deviceTreeAlignment)
	const isTaken = programs.some((segment) => gpa < endOf(segment) && segment.gpa < gpa + size)
	if (gpa < ramBase || isTaken) {
		throw expected(`--memory with room for a device tree of ${size} bytes above the kernel`, `${memoryBytes} bytes`)
	}
	return gpa
}

/** Places the initrd as QEMU does, or right above the kernel if memory is short. */
async function loadInitrd(options: BootOptions, programs: readonly Segment[], limit: Gpa): Promise<Segment> {
	const programsEnd = alignUp(Math.max(...programs.map(endOf)), pageBytes)
	const room = Math.max(0, limit - programsEnd)
	const bytes = await readInitrd(options, room)
	const half = alignUp(Math.floor((limit - ramBase) / 2), pageBytes)
	const distant = Math.max(programsEnd, ramBase + Math.min(half, initrdDistance))
	const gpa = distant + bytes.length <= limit ? distant : programsEnd
	return {name: 'the initrd', gpa, bytes, size: bytes.length}
}

async function readInitrd({initrd, initrdAddition}: BootOptions, room: number): Promise<Uint8Array> {
	const addition = initrdAddition ?? new Uint8Array()
	if (initrd === undefined) return addition
	const bytes = addition.length === 0 ? room : Math.max(0, room - addition.length - archiveAlignment)
	const file = await readBootFile('--initrd', initrd, {bytes, reason: 'the memory between kernel and device tree'})
	if (addition.length === 0) return file.bytes
	// Linux skips the zeros between archives.
	const padding = new Uint8Array(alignUp(file.bytes.length, archiveAlignment) - file.bytes.length)
	return Buffer.concat([file.bytes, padding, addition])
}
