/**
 * Rebuilds the WARL guest with Debian's cross compiler, and records what it prints under qemu-system-riscv64 7.2. With
 * `--differences` it prints instead the lines in which this project's machine differs.
 */
import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import {runWarl, Warl, warlLines} from '../test/guests/warl/warl.ts'
import {BuildError, fromRoot, reportFailure, writeWhole} from './build/project.ts'
import {fileHash} from './guests/manifest.ts'
import {runConsole} from './guests/qemu.ts'

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
const linking = ['-Wl,--build-id=none', '-Wl,--no-warn-rwx-segments', '-s', '-T', Warl.linkerScript]
/** What both have is on; what QEMU's default has besides is off. */
const qemuCpu = 'rv64,h=off,pmu-num=0,svinval=on,svnapot=on,svpbmt=on,zkr=on'
const qemu = 'qemu-system-riscv64'

async function record(): Promise<void> {
	const [source = '', script = ''] = await Promise.all([fileHash(Warl.source), fileHash(Warl.linkerScript)])
	await run('riscv64-linux-gnu-gcc', [...language, ...freestanding, ...linking, Warl.source, '-o', Warl.binary], {
		cwd: fromRoot(),
		env: {...process.env, LC_ALL: 'C', SOURCE_DATE_EPOCH: '0'},
	})
	const [version = ''] = (await run(qemu, ['--version'])).stdout.split('\n')
	const machine = ['-M', 'virt', '-cpu', qemuCpu, '-bios', 'none', '-kernel', fromRoot(Warl.binary)]
	const {console: printed, timedOut} = await runConsole(
		qemu,
		[...machine, '-nographic', '-monitor', 'none', '-serial', 'stdio'],
		{timeoutSeconds: 30},
	)
	if (timedOut) throw new BuildError('The WARL guest did not end under QEMU')
	const head = [
		`# ${version}, -cpu ${qemuCpu}`,
		`# ${source} ${Warl.source}`,
		`# ${script} ${Warl.linkerScript}`,
		`# ${await fileHash(Warl.binary)} ${Warl.binary}`,
		'# csr NUMBER: read back after 0, after all ones, after 0x5555…, after 0xaaaa…; bits that stick when written alone',
	]
	await writeWhole(fromRoot(Warl.recorded), `${[...head, printed.replaceAll('\r', '').trim()].join('\n')}\n`)
}

async function printDifferences(): Promise<void> {
	const theirs = await warlLines()
	const ours = await runWarl()
	for (const name of new Set([...theirs.keys(), ...ours.keys()])) {
		if (theirs.get(name) === ours.get(name)) continue
		console.log(`${name}\n  QEMU ${theirs.get(name) ?? 'absent'}\n  ours ${ours.get(name) ?? 'absent'}`)
	}
}

try {
	await (process.argv.includes('--differences') ? printDifferences() : record())
} catch (error) {
	reportFailure('record-warl', error)
}
