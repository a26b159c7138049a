import {readdir, readFile} from 'node:fs/promises'
import test from 'ava'
import {stay} from '../main/little-guest.ts'
import {createMachine, until} from '../main/test-machine.ts'

const onLinux = process.platform === 'linux' ? test : test.skip

onLinux('a hart whose timer is due is not kept asleep so that others may wake at the same time', async (t) => {
	const machine = await createMachine(t, {kernel: stay, smp: 2})
	const running = machine.run()
	await until(() => machine.statistics().harts[0]!.instructions > 0, 'it runs')
	const slack = new Map<string, string>()
	for (const task of await readdir('/proc/self/task')) {
		const name = (await readFile(`/proc/self/task/${task}/comm`, 'utf8')).trim()
		if (name.startsWith('vcpu')) slack.set(name, (await readFile(`/proc/${task}/timerslack_ns`, 'utf8')).trim())
	}
	t.deepEqual([...slack].sort(), [
		['vcpu 0', '1'],
		['vcpu 1', '1'],
	])
	machine.stop()
	await running
})
