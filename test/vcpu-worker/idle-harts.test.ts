import {readdir, readFile} from 'node:fs/promises'
import {setTimeout as delay} from 'node:timers/promises'
import test from 'ava'
import {binary, jump, wfi} from '../main/little-guest.ts'
import {createMachine, until} from '../main/test-machine.ts'
import {margin, patience} from '../support/patience.ts'

const onLinux = process.platform === 'linux' ? test : test.skip

/** How often the thread of each hart has gone to sleep. proc(5), "/proc/pid/status". */
async function sleeps(): Promise<Map<string, number>> {
	const counts = new Map<string, number>()
	for (const task of await readdir('/proc/self/task')) {
		const status = await readFile(`/proc/self/task/${task}/status`, 'utf8')
		const [, name] = /^Name:\s+(vcpu \d+)/m.exec(status) ?? []
		const [, count] = /^voluntary_ctxt_switches:\s+(\d+)/m.exec(status) ?? []
		if (name) counts.set(name, Number(count))
	}
	return counts
}

onLinux('a hart that waits for an interrupt, and has no deadline, is not woken now and then', async (t) => {
	t.timeout(patience + margin)
	const machine = await createMachine(t, {kernel: binary([wfi, jump(-4)]), smp: 4})
	const running = machine.run()
	await until(() => machine.statistics().harts[0]!.instructions > 0, 'it runs')
	// Some seconds without a wake-up, as soon as the threads are settled. A slow host wakes nobody either.
	await until(async () => {
		const before = await sleeps()
		t.is(before.size, 4)
		await delay(3000)
		return [...(await sleeps())].every(([name, count]) => before.get(name) === count)
	}, 'all harts sleep for three seconds')
	machine.stop()
	await running
})
