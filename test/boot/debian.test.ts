/** Debian's unmodified kernel, from power-on to a root shell to power-off. */
import {spawn} from 'node:child_process'
import {createHash} from 'node:crypto'
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {text} from 'node:stream/consumers'
import {fileURLToPath} from 'node:url'
import test, {type ExecutionContext} from 'ava'
import type {GuestParts} from '../../src/main/guests/index.ts'
import {Machine, type MachineOutcome, type MachineStatistics} from '../../src/main/index.ts'
import {temporaryFile} from '../main/boot/boot-files.ts'
import {longPatience, margin} from '../support/patience.ts'
import {testTranslation, testTranslationArguments} from '../support/translation.ts'
import {fetchedGuest, ifItCanBeHad, trouble} from './boot-guest.ts'
import {findOpenSbi} from './opensbi.ts'

const entry = join(import.meta.dirname, '../../dist/manyhart.js')
const commands = 'nproc; grep -c ^processor /proc/cpuinfo; cat /proc/interrupts; dmesg | tail -n 3; poweroff -f\n'

type Boot = Readonly<{
	outcome: MachineOutcome
	console: string
	/** When the kernel starts init, about half-way, and at the end. */
	warm: MachineStatistics
	end: MachineStatistics
	seconds: number
}>

async function boot(guest: GuestParts & {dtb?: string}, smp: number): Promise<Boot> {
	const began = performance.now()
	const signal = AbortSignal.timeout(longPatience)
	await using machine = await Machine.create({smp, memory: 2 ** 30, ...guest, signal, ...testTranslation()})
	const running = machine.run()
	let console = ''
	let warm: MachineStatistics | undefined
	let typed = false
	for await (const bytes of machine.console) {
		console += Buffer.from(bytes).toString('latin1')
		if (!warm && console.includes('Run /init as init process')) warm = machine.statistics()
		if (typed || !console.includes('~ # ')) continue
		typed = true
		machine.console.write(commands)
	}
	const outcome = await running
	const end = machine.statistics()
	return {outcome, console, warm: warm ?? end, end, seconds: (performance.now() - began) / 1000}
}

const total = (statistics: MachineStatistics, field: 'swaps' | 'generations' | 'poolDry' | 'elided') =>
	statistics.harts.reduce((sum, {tlb}) => sum + tlb[field], 0)

function hasBooted(t: ExecutionContext, console: string, smp: number): void {
	t.notRegex(console, trouble)
	t.regex(console, /Linux version 6\..*Debian/)
	t.true(console.includes(`smp: Brought up 1 node, ${smp} CPUs`))
	// nproc, and the processors in /proc/cpuinfo.
	// On a busy host the kernel may say between them that an interrupt took long.
	const typed = console.replaceAll(/^\[ *\d+\.\d+\] [^\n]*\n/gm, '')
	t.regex(typed, new RegExp(`poweroff -f\\s+${smp}\\s+${smp}\\s`))
	t.regex(console, /reboot: Power down\s*$/)
}

function hasSoundStatistics(t: ExecutionContext, {warm, end}: Boot): void {
	t.true(total(end, 'generations') > 100)
	t.is(total(end, 'poolDry') - total(warm, 'poolDry'), 0, 'the pool is never dry in the second half')
	// Of many, some have nothing to do in a boot.
	const busy = end.harts.length > 4 ? end.harts.slice(0, 1) : end.harts
	for (const {hart, instructions, tlb} of busy) {
		t.true(instructions > 1_000_000, `hart ${hart}: ${instructions}`)
		t.true(tlb.flushes.sfencePage > 0 && tlb.fills > 0)
		t.true(tlb.generations > 10)
	}
	const {gracePeriods, latency, stalls} = end.rcu
	t.is(stalls, 0)
	t.true(gracePeriods > 100)
	t.true(latency.count > 100)
	t.true(latency.median <= latency.p99 && latency.p99 <= latency.maximum * 2 && latency.maximum < 1_000_000)
	const {retired, recycled, waiting, remoteFlushes} = end.tlbPool
	t.is(retired, recycled + waiting)
	t.true(retired >= total(end, 'swaps'))
	t.true(remoteFlushes.count > 100)
}

for (const smp of [2, 4, 16]) {
	test.serial(`Debian boots on ${smp} harts to a root shell and powers off`, async (t) => {
		t.timeout(longPatience + margin)
		const guest = await fetchedGuest(t, 'debian')
		if (!guest) return
		const result = await boot(guest, smp)
		t.log(`${result.seconds.toFixed(1)} s`)
		t.deepEqual(result.outcome, {reason: 'power-off', exitCode: 0}, result.console)
		hasBooted(t, result.console, smp)
		hasSoundStatistics(t, result)
	})
}

/** The whole boot, and a shell that starts programs; nothing is typed, since that would come at a time of the host's. */
const script = 'export PATH=/x; /bin/busybox mkdir /x; /bin/busybox --install /x; uname -a | md5sum; poweroff -f'

async function bootByTurns(guest: GuestParts, seed: number) {
	const append = `${guest.append} rdinit=/bin/busybox panic=-1 -- sh -c "${script}"`
	const signal = AbortSignal.timeout(longPatience)
	await using machine = await Machine.create({smp: 4, memory: 2 ** 29, ...guest, append, signal, serial: true, seed})
	const running = machine.run()
	let console = ''
	for await (const bytes of machine.console) console += Buffer.from(bytes).toString('latin1')
	return {outcome: await running, console, digest: await machine.digest()}
}

test.serial('Debian boots by turns on 4 harts, and ends alike each time', async (t) => {
	t.timeout(2 * longPatience + margin)
	const guest = await fetchedGuest(t, 'debian')
	if (!guest) return
	const first = await bootByTurns(guest, 5)
	t.deepEqual(first.outcome, {reason: 'power-off', exitCode: 0}, first.console)
	t.notRegex(first.console, trouble)
	t.true(first.console.includes('smp: Brought up 1 node, 4 CPUs'))
	t.regex(first.console, /\n[0-9a-f]{32} {2}-\s/)
	t.deepEqual(await bootByTurns(guest, 5), first)
})

test.serial('Debian boots with a device tree that QEMU dumped, and prints from its first moment on', async (t) => {
	t.timeout(180_000)
	const guest = await fetchedGuest(t, 'debian')
	if (!guest) return
	const dtb = fileURLToPath(new URL('../main/boot/qemu-7.2-virt.dtb', import.meta.url))
	const {outcome, console} = await boot({...guest, dtb}, 2)
	t.deepEqual(outcome, {reason: 'power-off', exitCode: 0}, console)
	hasBooted(t, console, 2)
	t.regex(console, /^\[ +0\.000000\] Linux version/)
	t.regex(console, /pci-host-generic 30000000\.pci: PCI host bridge to bus/)
})

async function manyhart(args: readonly string[], stdin = '') {
	const child = spawn(process.execPath, [entry, 'run', ...args, ...testTranslationArguments()], {
		stdio: ['pipe', 'pipe', 'pipe'],
		timeout: longPatience,
	})
	child.stdin.on('error', () => {})
	child.stdin.end(stdin)
	const exit = new Promise<number | null>((resolve) => child.on('close', resolve))
	const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
	return {exit: await exit, stdout, stderr}
}

test.serial("Debian boots over Debian's OpenSBI, as a process with --input and --stats", async (t) => {
	t.timeout(longPatience + margin)
	const guest = await fetchedGuest(t, 'debian')
	const bios = await ifItCanBeHad(t, 'opensbi', findOpenSbi)
	if (!guest || !bios) return
	const stats = await temporaryFile(t, '', 'stats.json')
	const input = commands.replace('\n', String.raw`\n`)
	const options = [
		'--smp',
		'2',
		'--bios',
		bios,
		'--timeout',
		`${longPatience / 1000}`,
		'--input',
		input,
		'--stats',
		stats,
	]
	const {exit, stdout, stderr} = await manyhart(['--guest', 'debian', ...options])
	t.deepEqual({exit, stderr}, {exit: 0, stderr: ''}, stdout)
	t.regex(stdout, /OpenSBI v\d/)
	hasBooted(t, stdout, 2)
	const report = JSON.parse(await readFile(stats, 'utf8'))
	t.like(report, {smp: 2, memory: 2 ** 30, ending: {kind: 'machine', outcome: {reason: 'power-off', exitCode: 0}}})
	t.is(report.statistics.harts.length, 2)
	t.true(report.seconds > 0)
})

test.serial(
	'what is piped in before Debian opens its console, more than its buffers hold, arrives whole',
	async (t) => {
		t.timeout(180_000)
		const guest = await fetchedGuest(t, 'debian')
		if (!guest) return
		const data = Array.from({length: 20_000}, (_, index) => `${String(index).padStart(6, '0')}\n`).join('')
		// While the shell sleeps nobody reads, and the kernel keeps 4 KiB of lines and 64 KiB of what it received.
		const shell = `stty -echo; ip -o link show lo; sleep 2; head -c ${data.length} | md5sum; poweroff -f\n`
		const {exit, stdout} = await manyhart(['--guest', 'debian', '--smp', '1'], shell + data)
		t.is(exit, 0, stdout)
		t.true(stdout.includes(createHash('md5').update(data).digest('hex')))
		t.regex(stdout, /lo: <LOOPBACK,UP,LOWER_UP>/)
		t.false(stdout.includes('\u001b[6n'))
	},
)

test.serial('smp-demo passes on 4 harts, as a process', async (t) => {
	const {exit, stdout, stderr} = await manyhart(['--guest', 'smp-demo', '--smp', '4'])
	t.deepEqual({exit, stderr}, {exit: 0, stderr: ''}, stdout)
	t.is(stdout.match(/^hart \d: .* 0 stale/gm)?.length, 4)
	t.regex(stdout, /smp-demo: passed, every read saw the mapping that was published\s*$/)
})
