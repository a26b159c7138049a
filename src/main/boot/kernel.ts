/** Loads kernels: ELF, Linux Image, or raw binary. */
import {expected} from '../../errors.ts'
import {type Gpa, ramBase} from '../../memory/index.ts'
import {type BootFile, readBootFile} from './boot-file.ts'
import {isElf, type Loaded, type LoadedElf, loadElf} from './elf.ts'
import {readLinuxImage} from './linux-image.ts'
import {hex} from './ram-range.ts'
import {unpackKernel} from './unpack.ts'

const name = 'the kernel'
/** Linux prints from its first moments on, at /chosen/stdout-path. Without it a slow or failing boot is silent. */
const earlyConsole = 'earlycon'

/** Where a kernel goes and how it is entered: by the built-in SBI, by firmware, or by the boot ROM in M-mode. */
export type KernelPlace = Readonly<{
	/** The address of a raw binary or an Image. */
	base: Gpa
	memoryBytes: number
	enteredBy: 'built-in SBI' | 'firmware' | 'boot ROM'
}>

export async function loadKernel(path: string, place: KernelPlace): Promise<Loaded> {
	const {base, memoryBytes, enteredBy} = place
	const limit = {bytes: memoryBytes, reason: "the guest's memory"}
	const file = await unpackKernel(await readBootFile('--kernel', path, limit), memoryBytes)
	if (isElf(file.bytes)) return {...enterElf(loadElf(file, name), enteredBy), elf: file.bytes}
	const image = readLinuxImage(file)
	if (!image) return raw(file, base)
	// Firmware knows nothing of the Image's offset: it enters the kernel where QEMU puts it.
	const gpa = enteredBy === 'built-in SBI' ? Math.max(base, ramBase + image.textOffset) : base
	if (gpa + image.size > ramBase + memoryBytes) {
		const room = `--memory of at least ${gpa + image.size - ramBase} bytes for this kernel (${image.size} bytes at ${hex(gpa)})`
		throw expected(room, memoryBytes)
	}
	return {segments: [{name, gpa, bytes: file.bytes, size: image.size}], entry: gpa, bootargs: earlyConsole}
}

/**
 * As QEMU does, whatever `e_entry` says, which may be meant for another loader (FreeBSD's kernel has such a one): the SBI
 * enters an ELF at its lowest address, and the boot ROM at the start of RAM. `e_entry` serves where nothing lies there.
 */
function enterElf({segments, entry, lowest}: LoadedElf, enteredBy: KernelPlace['enteredBy']): Loaded {
	return {segments, entry: enteredBy !== 'boot ROM' || lowest === ramBase ? lowest : (entry ?? lowest)}
}

function raw({bytes}: BootFile, gpa: Gpa): Loaded {
	return {segments: [{name, gpa, bytes, size: bytes.length}], entry: gpa}
}
