/** Programs of Debian packages and the shared libraries that they need, as members of an initramfs. */
import {readdir, readFile, readlink} from 'node:fs/promises'
import {join} from 'node:path'
import {UserError} from '../../errors.ts'
import type {CpioEntry} from './cpio.ts'

// The folder of libraries in Debian's packages for this architecture; the dynamic linker searches it by default.
const libraries = 'usr/lib/riscv64-linux-gnu'
const linker = 'ld-linux-riscv64-lp64d.so.1'

export type ProgramsOptions = Readonly<{
	/** The folder that the packages are unpacked into. */
	unpacked: string
	/** Names of files in /usr/bin. */
	programs: readonly string[]
}>

/** @throws UserError if a program is not in the packages. */
export async function programEntries({unpacked, programs}: ProgramsOptions): Promise<CpioEntry[]> {
	if (programs.length === 0) return []
	return [
		...(await Promise.all(programs.map((name) => programEntry(unpacked, name)))),
		{kind: 'directory', name: 'usr/lib'},
		{kind: 'directory', name: libraries},
		// The interpreter's path in every program. RISC-V ELF psABI, "Program interpreter".
		{kind: 'symlink', name: `lib/${linker}`, target: `../${libraries}/${linker}`},
		...(await libraryEntries(unpacked)),
	]
}

async function programEntry(unpacked: string, program: string): Promise<CpioEntry> {
	const name = `usr/bin/${program}`
	const data = await readFile(join(unpacked, name)).catch(() => {
		throw new UserError(`Expected /${name} in Debian's packages, got none`)
	})
	return {kind: 'file', name, mode: 0o755, data}
}

/** Only libraries in the folder itself: subfolders hold modules that programs load when they use them. */
async function libraryEntries(unpacked: string): Promise<CpioEntry[]> {
	const found = await readdir(join(unpacked, libraries), {withFileTypes: true})
	const shared = found.filter(({name}) => /\.so\b/.test(name))
	return await Promise.all(
		shared.map(async (entry): Promise<CpioEntry> => {
			const name = `${libraries}/${entry.name}`
			const path = join(unpacked, name)
			if (entry.isSymbolicLink()) return {kind: 'symlink', name, target: await readlink(path)}
			return {kind: 'file', name, mode: 0o755, data: await readFile(path)}
		}),
	)
}
