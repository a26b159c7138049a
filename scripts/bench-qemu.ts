/**
 * Compares this emulator with qemu-system-riscv64 on the same machine, pair by pair, so that both meet the same load.
 *
 *     node scripts/bench-qemu.ts [integer] [--pairs 3] [--json]     ticks of test/guests/integer-bench
 *     node scripts/bench-qemu.ts boot [--pairs 3] [--smp 2] [--json]  wall time from start to Debian's shell prompt
 *
 * Ratios are ours / QEMU's: 1 is QEMU's speed, 8 is eight times slower. The project must have been built.
 */
import {existsSync} from 'node:fs'
import {parseArgs} from 'node:util'
import {fetchGuest, resolveGuest} from '../src/main/guests/index.ts'
import {guestBinary} from '../test/guests/guests.ts'
import {BuildError, fromRoot, reportFailure} from './build/project.ts'
import {type ConsoleOptions, type QemuRun, runConsole, runQemu} from './guests/qemu.ts'
import {type Measured, ratioRows, ratioTable} from './guests/ratios.ts'

const timeoutSeconds = 300
const shellPrompt = /~ # /
const benchLine = /^bench (\S+) (\d+) ticks, check 0x([0-9a-f]+)\s*$/gm
const ticksPerSecond = 10_000_000 // the virt board's timebase

type Pair = Readonly<{ours: Measured; qemu: Measured}>

async function integerPair(): Promise<Pair> {
	const kernel = guestBinary('integer-bench')
	const qemu = await runQemu({kernel, harts: 1, timeoutSeconds})
	const ours = await runOurs(['--smp', '1', '--kernel', kernel], {timeoutSeconds})
	const checks = [ours, qemu].map((run) => [...run.console.matchAll(benchLine)].map(([, , , sum]) => sum).join())
	if (checks[0] !== checks[1]) throw new BuildError(`integer-bench computes something else here:\n${ours.console}`)
	return {ours: benchSeconds(ours, 'manyhart'), qemu: benchSeconds(qemu, 'QEMU')}
}

async function bootPair(harts: number): Promise<Pair> {
	const {kernel, initrd, append} = await resolveGuest('debian')
	const memory = '1G'
	const until = shellPrompt
	const parts = {kernel, ...(initrd ? {initrd} : {}), ...(append ? {append} : {})}
	const qemu = await runQemu({...parts, harts, memory, timeoutSeconds, until})
	const ours = await runOurs(['--guest', 'debian', '--smp', `${harts}`, '--memory', memory], {timeoutSeconds, until})
	return {ours: bootSeconds(ours, 'manyhart'), qemu: bootSeconds(qemu, 'QEMU')}
}

function runOurs(options: readonly string[], limits: ConsoleOptions): Promise<QemuRun> {
	return runConsole(process.execPath, [fromRoot('dist/manyhart.js'), 'run', ...options], limits)
}

function benchSeconds(run: QemuRun, who: string): Measured {
	const times = [...run.console.matchAll(benchLine)].map(([, name, ticks]) => [name!, Number(ticks) / ticksPerSecond])
	if (times.length === 0) throw new BuildError(`${who} printed no figures:\n${run.console}`)
	return Object.fromEntries(times)
}

function bootSeconds(run: QemuRun, who: string): Measured {
	if (!shellPrompt.test(run.console))
		throw new BuildError(`${who} came to no shell prompt:\n${run.console.slice(-2000)}`)
	return {'boot to shell': run.seconds}
}

try {
	const {values, positionals} = parseArgs({
		allowPositionals: true,
		options: {
			pairs: {type: 'string', default: '3'},
			smp: {type: 'string', default: '2'},
			json: {type: 'boolean', default: false},
		},
	})
	const mode = positionals[0] ?? 'integer'
	const count = Number(values.pairs)
	if (mode !== 'integer' && mode !== 'boot') throw new BuildError(`Expected integer or boot, got ${mode}`)
	if (!Number.isInteger(count) || count < 1) throw new BuildError(`Expected --pairs from 1, got ${values.pairs}`)
	if (!existsSync(fromRoot('dist/manyhart.js'))) throw new BuildError('Expected dist/manyhart.js; run: npm run build')
	if (mode === 'boot') await fetchGuest('debian')

	const pairs: Pair[] = []
	for (let i = 0; i < count; i++) pairs.push(await (mode === 'boot' ? bootPair(Number(values.smp)) : integerPair()))
	const rows = ratioRows(pairs)
	console.log(values.json ? JSON.stringify({mode, pairs: count, rows}, undefined, '\t') : ratioTable(rows))
} catch (error) {
	const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
	reportFailure('bench-qemu', missing ? new BuildError('Expected qemu-system-riscv64 on this machine') : error)
}
