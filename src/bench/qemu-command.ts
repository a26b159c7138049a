/** How a QEMU is started that is not installed: its packages are only unpacked in a folder. */
import {globSync, statSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {expected} from '../errors.ts'

export type QemuCommand = Readonly<{program: string; args: readonly string[]}>

const qemuProgram = 'usr/bin/qemu-system-riscv64'
// The folders of a system are links to those in /usr on newer ones: both are looked for.
const roots = '{,usr/}'

/**
 * @param named a program; or a folder in which Debian's package qemu-system-misc or qemu-system-riscv, opensbi, libc6 and
 * whatever else they need were unpacked (`dpkg-deb -x`). Such a QEMU is started by that folder's loader, with that folder's
 * libraries and firmware, whatever this system has.
 * @throws UserError when the folder has not all of it.
 */
export function qemuCommand(named: string): QemuCommand {
	if (!statSync(named, {throwIfNoEntry: false})?.isDirectory()) return {program: named, args: []}
	const find = (what: string, pattern: string) => {
		const [found] = globSync(pattern, {cwd: named})
		if (found === undefined) throw expected(`${what} (${pattern}) in the folder of a QEMU`, named)
		return join(named, found)
	}
	const loader = find('a loader', `${roots}{lib64,lib,lib/*-linux-gnu}/ld-linux-*.so.*`)
	const qemu = find('a program', qemuProgram)
	const firmware = find(
		'firmware',
		'usr/{share/qemu/opensbi-riscv64-generic-,lib/riscv64-linux-gnu/opensbi/generic/}fw_dynamic.bin',
	)
	// Some libraries are in folders below, such as pulseaudio.
	const libraries = globSync(`${roots}lib/*-linux-gnu/{,*/}lib*.so*`, {cwd: named}).map((file) =>
		join(named, dirname(file)),
	)
	const data = join(named, 'usr/share/qemu')
	return {
		program: loader,
		args: ['--library-path', [...new Set(libraries)].join(':'), qemu, '-L', data, '-bios', firmware],
	}
}
