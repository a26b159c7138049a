/**
 * Rebuilds the guest programs with Debian's cross compiler (package gcc-riscv64-linux-gnu) and writes the manifest
 * that check-guests.ts compares with. Names as arguments: only these.
 */
import {guestPrograms} from '../test/guests/guests.ts'
import {BuildError, fromRoot, reportFailure, writeWhole} from './build/project.ts'
import {compileGuest, compilerVersion} from './guests/compile.ts'
import {describeBuild, manifestPath, readManifest} from './guests/manifest.ts'

try {
	const compiler = await compilerVersion()
	if (!compiler) throw new BuildError('Expected riscv64-linux-gnu-gcc (Debian package gcc-riscv64-linux-gnu)')
	const wanted = process.argv.slice(2)
	const manifest = {...(await readManifest())}
	for (const program of guestPrograms) {
		if (wanted.length > 0 && !wanted.includes(program.name)) continue
		await compileGuest(program.name, fromRoot(program.binary))
		manifest[program.name] = {compiler, ...(await describeBuild(program))}
		console.error(`${program.binary}: built`)
	}
	const sorted = Object.fromEntries(Object.entries(manifest).sort(([one], [other]) => (one < other ? -1 : 1)))
	await writeWhole(manifestPath, `${JSON.stringify(sorted, undefined, '\t')}\n`)
} catch (error) {
	reportFailure('build-guests', error)
}
