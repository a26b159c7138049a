/** A process that is stopped for longer than its limits, and continued, goes on as if nothing had been. */
import {fork} from 'node:child_process'
import {once} from 'node:events'
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {text} from 'node:stream/consumers'
import {setTimeout as delay} from 'node:timers/promises'
import test, {type ExecutionContext} from 'ava'
import {temporaryFile} from './boot/boot-files.ts'
import {roles, stay} from './little-guest.ts'
import {until} from './test-machine.ts'

/** Longer than the five heartbeats in which a hart parks and a grace period elapses. */
const stopped = 6500

/** @returns what the process says in the end. */
async function stopAndContinue(t: ExecutionContext, what: string, guest?: Uint8Array) {
	const kernel = guest ? [await temporaryFile(t, guest)] : []
	const child = fork(join(import.meta.dirname, 'stopped-process.ts'), [what, ...kernel], {
		stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
	})
	t.teardown(() => child.kill('SIGKILL'))
	const stderr = text(child.stderr!)
	const next = async () =>
		await Promise.race([
			once(child, 'message').then(([message]) => message),
			once(child, 'exit').then(async ([code]) => Promise.reject(new Error(`It ended with ${code}: ${await stderr}`))),
		])
	t.is(await next(), 'stop me')
	child.kill('SIGSTOP')
	await until(async () => /\) T /.test(await readFile(`/proc/${child.pid}/stat`, 'latin1')), 'it is stopped')
	await delay(stopped)
	const last = next()
	child.kill('SIGCONT')
	child.send('continued')
	return {...(await last), stderr: await stderr}
}

const onLinux = process.platform === 'linux' ? test : test.skip

onLinux('no grace period stalls because the process was stopped', async (t) => {
	const outcome = {reason: 'stopped', exitCode: 0}
	t.deepEqual(await stopAndContinue(t, 'fences', roles()), {outcome, stalls: 0, stderr: ''})
})

onLinux('a hart that has not parked when the process is stopped may park when it is continued', async (t) => {
	const outcome = {reason: 'stopped', exitCode: 0}
	t.deepEqual(await stopAndContinue(t, 'parks', stay), {outcome, parked: 2, stderr: ''})
})

onLinux('a timer of ours does not run out because the process was stopped', async (t) => {
	const {milliseconds, stderr} = await stopAndContinue(t, 'timer')
	t.is(stderr, '')
	t.true(milliseconds >= stopped + 3000, `${milliseconds}`)
})
