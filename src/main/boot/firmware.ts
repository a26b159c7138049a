/** M-mode firmware: an ELF, or a raw binary for the start of RAM, like OpenSBI's fw_dynamic.bin and fw_jump.bin. */
import {ramBase} from '../../memory/index.ts'
import {readBootFile} from './boot-file.ts'
import {isElf, type Loaded, loadElf} from './elf.ts'

const name = 'the firmware'

export async function loadFirmware(path: string, memoryBytes: number): Promise<Loaded> {
	const file = await readBootFile('--bios', path, {bytes: memoryBytes, reason: "the guest's memory"})
	if (isElf(file.bytes)) {
		const {segments, entry, lowest} = loadElf(file, name)
		return {segments, entry: entry ?? lowest}
	}
	const {bytes} = file
	return {segments: [{name, gpa: ramBase, bytes, size: bytes.length}], entry: ramBase}
}
