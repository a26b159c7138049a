/** Debian's stress-ng on Debian's kernel: it verifies its results, and the kernel prints no warning. */
import test from 'ava'
import {Machine} from '../../src/main/index.ts'
import {longPatience, margin} from '../support/patience.ts'
import {testTranslation} from '../support/translation.ts'
import {fetchedGuest, trouble} from './boot-guest.ts'

/**
 * One instance of each at the same time, so that processes move between harts: arithmetic (cpu, fp, matrix), atomics
 * (atomic, dekker, peterson), page tables and remote fences (vm, fork, tlb-shootdown, mmap), faults and signals
 * (sigsegv, timer), switches between processes (switch, pipe, futex, context).
 */
const stressors = [
	...['cpu', 'fp', 'matrix', 'atomic', 'dekker', 'peterson'],
	...['vm', 'fork', 'tlb-shootdown', 'mmap'],
	...['sigsegv', 'timer', 'switch', 'pipe', 'futex', 'context'],
]

const options = ['--temp-path /tmp', '--vm-bytes 32M', '--mmap-bytes 16M', '--timeout 5', '--verify']
const commands = [
	// From here on all kernel messages appear on the console.
	'dmesg -n 8',
	`stress-ng ${stressors.map((name) => `--${name} 1`).join(' ')} ${options.join(' ')}; echo "exit code: $?"`,
	'poweroff -f',
]

const prompt = '~ # '

const verifies = test.macro(async (t, smp: number) => {
	t.timeout(longPatience + margin)
	const guest = await fetchedGuest(t, 'debian-stress')
	if (!guest) return
	const signal = AbortSignal.timeout(longPatience)
	await using machine = await Machine.create({smp, memory: 2 ** 30, ...guest, signal, ...testTranslation()})
	const running = machine.run()
	const waiting = [...commands]
	let console = ''
	let answered = 0
	for await (const bytes of machine.console) {
		console += Buffer.from(bytes).toString('latin1')
		const asked = console.indexOf(prompt, answered)
		if (asked < 0) continue
		answered = asked + prompt.length
		machine.console.write(`${waiting.shift() ?? ''}\n`)
	}
	t.deepEqual(await running, {reason: 'power-off', exitCode: 0}, console)

	t.regex(console, /exit code: 0\s/, console)
	t.regex(console, /failed: 0\s/)
	t.regex(console, /successful run completed/)
	t.regex(console, new RegExp(`passed: ${stressors.length}: `), console)
	t.notRegex(console, trouble)

	const {harts, rcu, tlbPool} = machine.statistics()
	t.is(rcu.stalls, 0)
	t.is(tlbPool.retired, tlbPool.recycled + tlbPool.waiting)
	t.true(harts.every(({tlb}) => tlb.flushes.remoteAll + tlb.flushes.remoteRange > 10))
	const {median, p99, maximum, count} = tlbPool.remoteFlushes
	t.log(`${stressors.length} stressors verified`)
	t.log(`${count} remote flushes: median ${median} µs, 99 % below ${p99}, at most ${maximum}`)
})

for (const smp of [2, 4])
	test.serial(`stress-ng verifies on ${smp} harts, and the kernel prints no warning`, verifies, smp)
