/** Loads kernels: ELF, Linux Image, or raw binary. */
import {expected} from '../../errors.ts'
import {type Gpa, ramBase} from '../../memory/index.ts'
import {type BootFile, readBootFile} from './boot-file.ts'
import {isElf, type Loaded, loadElf} from './elf.ts'
import {readLinuxImage} from './linux-image.ts'
import {hex} from './ram-range.ts'
import {unpackKernel} from './unpack.ts'

const name = 'the kernel'

/** @param place.base address of a raw binary, and the lowest of an Image, which has an offset of its own. */
export async function loadKernel(path: string, place: Readonly<{base: Gpa; memoryBytes: number}>): Promise<Loaded> {
	const {base, memoryBytes} = place
	const limit = {bytes: memoryBytes, reason: "the guest's memory"}
	const file = await unpackKernel(await readBootFile('--kernel', path, limit), memoryBytes)
	if (isElf(file.bytes)) return loadElf(file, name)
	const image = readLinuxImage(file)
	if (!image) return raw(file, base)
	const gpa = Math.max(base, ramBase + image.textOffset)
	if (gpa + image.size > ramBase + memoryBytes) {
		const room = `--memory of at least ${gpa + image.size - ramBase} bytes for this kernel (${image.size} bytes at ${hex(gpa)})`
		throw expected(room, memoryBytes)
	}
	return {segments: [{name, gpa, bytes: file.bytes, size: image.size}], entry: gpa}
}

function raw({bytes}: BootFile, gpa: Gpa): Loaded {
	return {segments: [{name, gpa, bytes, size: bytes.length}], entry: gpa}
}
