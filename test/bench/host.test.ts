import {spawn} from 'node:child_process'
import {once} from 'node:events'
import test from 'ava'
import {coreTimes, describeHost, hostInWords, parseCoreTimes, processTimes} from '../../src/bench/host.ts'

const onLinux = process.platform === 'linux' ? test : test.skip

test('busy time is all but idle and waiting for disks; stolen time is part of it', (t) => {
	// proc(5): user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice, in hundredths of a second.
	const stat = 'cpu  100 10 20 5000 700 3 4 13 50 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n'
	t.deepEqual(parseCoreTimes(stat), {busy: 1.5, steal: 0.13})
	t.deepEqual(parseCoreTimes('cpu  100 0 0 5000\n'), {busy: 1, steal: 0}, 'an old kernel')
})

test('the host has cores and memory, and a line of its own', (t) => {
	const {cores, memoryBytes, platform} = describeHost()
	t.true(cores >= 1 && memoryBytes > 0)
	t.true(hostInWords().startsWith(`${platform}, `))
})

onLinux('the times of a process grow while it computes, over all its threads', async (t) => {
	const child = spawn(process.execPath, ['-e', 'process.stdout.write("x"); for (;;);'])
	t.teardown(() => child.kill('SIGKILL'))
	await once(child.stdout, 'data')
	const before = processTimes(child.pid!)!
	const cores = coreTimes()!
	let after = before
	// Until it has had a core for a while, however long that takes.
	while (after.cpuSeconds < before.cpuSeconds + 0.05) {
		await new Promise((resolve) => setTimeout(resolve, 10))
		after = processTimes(child.pid!)!
	}
	t.true(after.waitedSeconds >= before.waitedSeconds)
	t.true(after.involuntary >= before.involuntary)
	t.true(coreTimes()!.busy >= cores.busy)
})

onLinux('a process that has ended has no times', async (t) => {
	const child = spawn(process.execPath, ['-e', ''])
	await once(child, 'exit')
	t.is(processTimes(child.pid!), undefined)
})
