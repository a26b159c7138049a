/**
 * Debian's PyPy under Debian's kernel: its JIT writes and patches code without fence.i. `npm run pypy -- [--smp N] [--runs N]`
 * fetches the packages, runs scripts/pypy/benchmark.py, and compares what it prints. Exit code 1 unless all runs are right.
 */
import {lstat, mkdtemp, readdir, readFile, readlink, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Apt} from '../src/main/guests/apt.ts'
import {findDebianMirror} from '../src/main/guests/apt-mirror.ts'
import {type CpioEntry, fetchGuest, packCpio, resolveGuest} from '../src/main/guests/index.ts'
import {BuildError, fromRoot} from './build/project.ts'
import {runCommand} from './build/run-command.ts'
import {integerFrom, runScript, scriptCommand} from './build/script-command.ts'

const expected = 'pypy 25997 92 29 233993 487724 159997 136339565'
const linker = 'ld-linux-riscv64-lp64d.so.1'
const secondsPerRun = 60

async function measure({smp, runs}: Readonly<{smp: number; runs: number}>): Promise<void> {
	await fetchGuest('debian')
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-pypy-'))
	try {
		const {kernel, initrd, append} = await resolveGuest('debian')
		const image = join(folder, 'initrd')
		// Linux unpacks concatenated archives. Kernel documentation, “initramfs buffer format”.
		await writeFile(image, Buffer.concat([await readFile(initrd!), packCpio(await pypyEntries(folder))]))
		const loop = `i=0; while [ $i -lt ${runs} ]; do pypy3 /root/benchmark.py; i=$((i+1)); done; poweroff -f\\n`
		const machine = [
			'--kernel',
			kernel,
			'--initrd',
			image,
			'--append',
			`${append} quiet`,
			'-m',
			'1G',
			'--smp',
			`${smp}`,
		]
		const seconds = secondsPerRun * (runs + 1)
		const limit = ['--timeout', String(seconds)]
		const args = [fromRoot('dist/manyhart.js'), 'run', ...machine, ...limit, '--input', loop]
		const {output} = await runCommand(process.execPath, args, {cwd: folder, seconds: seconds + 30})
		const right = output.split(/\r?\n/).filter((line) => line === expected).length
		console.log(JSON.stringify({smp, runs, right}))
		if (right !== runs) process.exitCode = 1
	} finally {
		await rm(folder, {recursive: true, force: true})
	}
}

/** PyPy and what it needs, without its documentation and tests. */
async function pypyEntries(folder: string): Promise<CpioEntry[]> {
	const mirror = await findDebianMirror(undefined)
	const apt = await Apt.create({folder: join(folder, 'apt'), mirror, suite: 'trixie', architecture: 'riscv64'})
	await apt.update({onProgress: () => {}})
	const packages = await apt.download(await apt.needed(['pypy3']), {onProgress: () => {}})
	const unpacked = join(folder, 'unpacked')
	for (const name of await readdir(packages)) {
		const extract = ['--extract', join(packages, name), unpacked]
		const {code} = await runCommand('dpkg-deb', extract, {cwd: folder, seconds: 60})
		if (code !== 0) throw new BuildError(`Expected dpkg-deb to unpack ${name}`)
	}
	const leftOut = /\/(share|__pycache__|test|gconv|ensurepip|idlelib|lib2to3)(\/|$)/
	const entries: CpioEntry[] = []
	for (const found of await readdir(unpacked, {recursive: true, withFileTypes: true})) {
		const path = join(found.parentPath, found.name)
		const name = path.slice(unpacked.length + 1)
		if (!/^usr\/(bin|lib)/.test(name) || leftOut.test(name)) continue
		if (found.isDirectory()) entries.push({kind: 'directory', name})
		else if (found.isSymbolicLink()) entries.push({kind: 'symlink', name, target: await readlink(path)})
		else entries.push({kind: 'file', name, mode: (await lstat(path)).mode & 0o777, data: await readFile(path)})
	}
	entries.sort((one, other) => (one.name < other.name ? -1 : 1))
	return [
		...entries,
		// The interpreter's path in every program. RISC-V ELF psABI, "Program interpreter".
		{kind: 'symlink', name: `lib/${linker}`, target: `../usr/lib/${linker}`},
		{kind: 'file', name: 'root/benchmark.py', data: await readFile(fromRoot('scripts/pypy/benchmark.py'))},
	]
}

const command = scriptCommand('pypy', "runs a benchmark under Debian's PyPy")
	.option('--smp <n>', 'harts', integerFrom(1, 64), 1)
	.option('--runs <n>', 'how many', integerFrom(1, 1000), 10)
	.action(measure)
await runScript('pypy', command)
