/**
 * Rebuilds the guests in test/guests/bare with Debian's cross compiler, and records their output under
 * qemu-system-riscv64 7.2. With `--differences`, only prints the lines in which this machine's output differs.
 */
import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import {runConsole} from '../src/bench/index.ts'
import {
	type BareGuest,
	bareGuestFiles,
	bareGuestMebibytes,
	bareGuests,
	recordedLines,
	runBareGuest,
} from '../test/guests/bare/bare-guests.ts'
import {BuildError, fromRoot, reportFailure, writeWhole} from './build/project.ts'
import {fileHash} from './guests/manifest.ts'

const run = promisify(execFile)
const language = ['-std=gnu17', '-O2', '-Wall', '-Wextra', '-Werror', '-march=rv64gc', '-mabi=lp64d', '-mcmodel=medany']
const freestanding = [
	'-mno-relax',
	'-ffreestanding',
	'-nostdlib',
	'-static',
	'-fno-pic',
	'-no-pie',
	'-fno-stack-protector',
]
const linking = ['-Wl,--build-id=none', '-Wl,--no-warn-rwx-segments', '-s', '-T']
/** Extensions that both have are on; QEMU's other defaults are off. */
const qemuCpu = 'rv64,h=off,pmu-num=0,svinval=on,svnapot=on,svpbmt=on,zkr=on'
const qemu = 'qemu-system-riscv64'

async function record(guest: BareGuest): Promise<void> {
	const {source, header, linkerScript, binary, recorded} = bareGuestFiles(guest)
	await run('riscv64-linux-gnu-gcc', [...language, ...freestanding, ...linking, linkerScript, source, '-o', binary], {
		cwd: fromRoot(),
		env: {...process.env, LC_ALL: 'C', SOURCE_DATE_EPOCH: '0'},
	})
	const [version = ''] = (await run(qemu, ['--version'])).stdout.split('\n')
	const memory = ['-m', `${bareGuestMebibytes}M`]
	const machine = ['-M', 'virt', ...memory, '-cpu', qemuCpu, '-bios', 'none', '-kernel', fromRoot(binary)]
	const {console: printed, timedOut} = await runConsole(
		qemu,
		[...machine, '-nographic', '-monitor', 'none', '-serial', 'stdio'],
		{timeoutSeconds: 30},
	)
	if (timedOut) throw new BuildError(`${guest} did not end under QEMU`)
	const inputs = await Promise.all(
		[source, header, linkerScript, binary].map(async (path) => `# ${await fileHash(path)} ${path}`),
	)
	const head = [`# ${version}, -cpu ${qemuCpu}`, ...inputs]
	await writeWhole(fromRoot(recorded), `${[...head, printed.replaceAll('\r', '').trim()].join('\n')}\n`)
}

async function printDifferences(guest: BareGuest): Promise<void> {
	const theirs = await recordedLines(guest)
	const ours = await runBareGuest(guest)
	for (const name of new Set([...theirs.keys(), ...ours.keys()])) {
		if (theirs.get(name) === ours.get(name)) continue
		console.log(`${name}\n  QEMU ${theirs.get(name) ?? 'absent'}\n  ours ${ours.get(name) ?? 'absent'}`)
	}
}

try {
	for (const guest of bareGuests)
		await (process.argv.includes('--differences') ? printDifferences(guest) : record(guest))
} catch (error) {
	reportFailure('record-bare-guests', error)
}
