/**
 * Rebuilds the guest programs with Debian's cross compiler (packages gcc-riscv64-linux-gnu, libc6-dev-riscv64-cross),
 * and writes the manifest that check-guests.ts compares with. With names as arguments, only these.
 */
import {guestPrograms} from '../test/guests/guests.ts'
import {BuildError, fromRoot, reportFailure, writeWhole} from './build/project.ts'
import {compileGuest, compilerVersion} from './guests/compile.ts'
import {describeBuild, manifestPath, readManifest} from './guests/manifest.ts'

try {
	const wanted = process.argv.slice(2)
	const manifest = {...(await readManifest())}
	for (const program of guestPrograms) {
		if (wanted.length > 0 && !wanted.includes(program.name)) continue
		const compiler = await compilerVersion(program)
		if (!compiler)
			throw new BuildError('Expected riscv64-linux-gnu-gcc (Debian: gcc-riscv64-linux-gnu, libc6-dev-riscv64-cross)')
		await compileGuest(program, fromRoot(program.binary))
		manifest[program.name] = {compiler, ...(await describeBuild(program))}
		console.error(`${program.binary}: built`)
	}
	const sorted = Object.fromEntries(Object.entries(manifest).sort(([one], [other]) => (one < other ? -1 : 1)))
	await writeWhole(manifestPath, `${JSON.stringify(sorted, undefined, '\t')}\n`)
} catch (error) {
	reportFailure('build-guests', error)
}
