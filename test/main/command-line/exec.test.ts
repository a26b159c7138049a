/** `manyhart exec` with guests that never get as far as a command. test/boot/exec.test.ts has one that does. */
import {readFileSync} from 'node:fs'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {text} from 'node:stream/consumers'
import test, {type ExecutionContext} from 'ava'
import {guestBinary} from '../../guests/guests.ts'
import {patience} from '../../support/patience.ts'
import {temporaryFile} from '../boot/boot-files.ts'
import {chatter, stay} from '../little-guest.ts'
import {startManyhart} from '../manyhart-process.ts'

test.beforeEach((t) => t.timeout(patience))

async function exec(t: ExecutionContext, kernel: string, ...args: readonly string[]) {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-exec-'))
	t.teardown(() => rm(folder, {recursive: true}))
	const stats = join(folder, 'stats.json')
	const machine = ['--kernel', kernel, '--smp', '1', '--memory', '64M', '--no-translation-cache', '--show-console']
	const {child, ended} = startManyhart(t, ['exec', ...machine, '--stats', stats, ...args, '--', 'true'])
	const errors = text(child.stderr!)
	const written = () => readFileSync(stats, 'utf8')
	return {child, ended, errors, isWritten: () => written() !== '', statistics: () => JSON.parse(written())}
}

test('statistics are written of a guest that powers off', async (t) => {
	const {ended, errors, statistics} = await exec(t, guestBinary('hello'))
	t.is(await ended, 71)
	t.regex(await errors, /the guest to go on until the command ends, got: it has powered off/)
	t.like(statistics(), {smp: 1, exitCode: 71})
	t.true(statistics().statistics.harts[0].instructions > 0)
})

test('statistics are written of a guest that does not boot in time', async (t) => {
	const {ended, errors, statistics} = await exec(t, await temporaryFile(t, stay), '--boot-timeout', '1')
	t.is(await ended, 71)
	t.regex(await errors, /to be ready within 1 seconds/)
	t.like(statistics(), {smp: 1, exitCode: 71})
})

test('statistics are written of a guest that runs when --timeout passes', async (t) => {
	// On a busy host there may be no machine yet after a few seconds.
	for (const seconds of [3, 30]) {
		const {ended, statistics, isWritten} = await exec(t, await temporaryFile(t, stay), '--timeout', `${seconds}`)
		t.is(await ended, 124)
		if (!isWritten() && seconds === 3) continue
		t.like(statistics(), {smp: 1, exitCode: 124})
		break
	}
})

for (const [signal, exitCode] of [
	['SIGINT', 130],
	['SIGUSR1', 138],
	['SIGUSR2', 140],
] as const) {
	test(`${signal} ends a guest that boots, whose statistics are written`, async (t) => {
		const {child, ended, errors, statistics} = await exec(t, await temporaryFile(t, chatter))
		child.stderr!.once('data', () => child.kill(signal))
		t.is(await ended, exitCode)
		t.regex(await errors, new RegExp(`manyhart: stopped by ${signal}\n$`))
		t.like(statistics(), {smp: 1, exitCode})
	})
}
