/** Debian's OpenSBI. */
import {debianFile} from './debian-file.ts'

/** @returns the path of fw_dynamic.bin. @throws UserError if it is not installed and cannot be fetched. */
export function findOpenSbi(): Promise<string> {
	return debianFile('opensbi', 'usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin')
}
