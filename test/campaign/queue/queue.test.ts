/** Campaigns through a Redis on loopback, with workers that die and a Redis that goes: every run's result is present exactly once. */
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {createServer, type Socket} from 'node:net'
import {hostname, tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {text} from 'node:stream/consumers'
import test, {type ExecutionContext} from 'ava'
import {Queue} from 'bullmq'
import {Redis} from 'ioredis'
import packageFile from '../../../package.json' with {type: 'json'}
import {nativeWorkloads} from '../../../src/bench/scale/native.ts'
import {buildId} from '../../../src/campaign/build-id.ts'
import {readCampaign} from '../../../src/campaign/file.ts'
import {makePlan} from '../../../src/campaign/plan.ts'
import {announceWorker, own, ownershipLimit, prefix, queueName} from '../../../src/campaign/queue/names.ts'
import {ifItCanBeHad} from '../../boot/boot-guest.ts'
import {manyhart, startManyhart} from '../../main/manyhart-process.ts'
import {eventually} from '../../support/eventually.ts'
import {longPatience} from '../../support/patience.ts'
import {findRedisServer, freePort, RedisServer} from './redis-server.ts'

/** Runs of the host itself: they are honest, and take a moment. */
const file = (name: string, work: number, repeat: number) => `
campaign: ${name}
backoff: 1
runs:
  - {workload: [compute-integer, padded], engine: native, harts: [1, 2], work: ${work}, repeat: ${repeat}}
`

async function folderOf(t: ExecutionContext): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-queue-test-'))
	t.teardown(() => rm(folder, {recursive: true}))
	return folder
}

type Scene = Readonly<{folder: string; redis: RedisServer; client: Redis}>

/** @returns undefined if there is no Redis or no compiler to be had. */
async function sceneOf(t: ExecutionContext, password?: string): Promise<Scene | undefined> {
	t.timeout(longPatience)
	const command = await ifItCanBeHad(t, 'redis-server', () => findRedisServer())
	const program = await ifItCanBeHad(t, 'a C compiler', async () => {
		const native = await nativeWorkloads()
		if (native.program === undefined) throw new Error(native.reason)
		return native.program
	})
	if (!command || program === undefined) return undefined
	const folder = await folderOf(t)
	const redis = new RedisServer({command, folder, port: await freePort(), ...(password && {password})})
	t.teardown(() => redis.kill())
	await redis.start()
	const client = new Redis(redis.address, {maxRetriesPerRequest: null})
	client.on('error', () => {})
	t.teardown(() => client.disconnect())
	return {folder, redis, client}
}

async function planAt(folder: string, text: string) {
	const path = join(folder, 'campaign.yaml')
	await writeFile(path, text)
	return {path, plan: makePlan(await readCampaign(path), await buildId(packageFile.version))}
}

const campaignArguments = ({folder, redis}: Scene, path: string) => [
	...['campaign', path, '--out', join(folder, 'out'), '--queue', redis.address],
]

function startWorker(t: ExecutionContext, {redis}: Scene, label: string) {
	return startManyhart(
		t,
		['campaign', 'worker', '--queue', redis.address, '--label', label, '--cores', '1', '--lease', '3'],
		{
			stdio: 'ignore',
		},
	)
}

async function idsIn(folder: string): Promise<readonly string[]> {
	const text = await readFile(join(folder, 'out/results.jsonl'), 'utf8').catch(() => '')
	return text
		.split('\n')
		.slice(0, -1)
		.map((line) => JSON.parse(line).id)
}

const beginsBy = async (scene: Scene, count: number) =>
	await eventually(async () => (await idsIn(scene.folder)).length >= count, `${count} results`)

test.serial('a worker that is killed and a Redis that is restarted cost no result, and double none', async (t) => {
	const scene = await sceneOf(t)
	if (!scene) return
	const {path, plan} = await planAt(scene.folder, file('whole', 4000, 7))
	t.is(plan.runs.length, 28)
	const workers = ['a', 'b', 'c'].map((label) => startWorker(t, scene, label))
	const {ended} = startManyhart(t, campaignArguments(scene, path), {stdio: 'ignore'})

	await beginsBy(scene, 3)
	// In the middle of a run of its.
	const queue = new Queue(queueName(plan), {connection: scene.client, prefix})
	queue.on('error', () => {})
	t.teardown(() => queue.close())
	let cut: string | undefined
	await eventually(async () => {
		cut = (await queue.getActive()).find((job) => job?.processedBy === 'a')?.id
		return cut !== undefined
	}, 'a run of worker a')
	workers[0]!.child.kill('SIGKILL')
	// A worker that is held up for so long that another takes its run over: what it then has comes too late.
	let held: string | undefined
	await eventually(async () => {
		workers[1]!.child.kill('SIGSTOP')
		held = (await queue.getActive()).find((job) => job?.processedBy === 'b')?.id
		if (held === undefined) workers[1]!.child.kill('SIGCONT')
		return held !== undefined
	}, 'a run of worker b')

	await beginsBy(scene, 10)
	await scene.redis.kill()
	await scene.redis.start()

	await eventually(async () => {
		const stored = await idsIn(scene.folder)
		return [cut, held].every((id) => stored.includes(id!))
	}, 'both runs taken over')
	workers[1]!.child.kill('SIGCONT')

	t.is(await ended, 0)
	const ids = await idsIn(scene.folder)
	t.deepEqual(ids.toSorted(), plan.runs.map(({id}) => id).toSorted(), 'each once')
	t.true(ids.includes(cut!) && ids.includes(held!))
	const results = (await readFile(join(scene.folder, 'out/results.jsonl'), 'utf8')).trimEnd().split('\n')
	for (const {outcome, run} of results.map((line) => JSON.parse(line))) {
		t.is(outcome.error, undefined)
		t.is(outcome.operations, run.work)
		t.is(outcome.host.name, hostname())
	}
	const left = (await scene.client.keys(`${prefix}:*`)).filter((key) => !key.startsWith(`${prefix}:worker`))
	t.deepEqual(left, [], 'nothing of it stays in Redis')
	// Given again, it has nothing to do.
	const again = await manyhart([...campaignArguments(scene, path), '--json'])
	t.like(JSON.parse(again.stdout), {state: 'complete', planned: 28, done: 28, failed: 0})
	t.is((await idsIn(scene.folder)).length, 28)
})

test.serial(
	'a Redis that has forgotten everything is told again, one that is full is waited for, and a command that was killed goes on',
	async (t) => {
		const scene = await sceneOf(t)
		if (!scene) return
		const {path, plan} = await planAt(scene.folder, file('forgotten', 2000, 4))
		const worker = startWorker(t, scene, 'only')
		const first = startManyhart(t, campaignArguments(scene, path), {stdio: 'ignore'})
		await beginsBy(scene, 3)
		await scene.redis.kill()
		await rm(join(scene.folder, 'appendonlydir'), {recursive: true})
		await scene.redis.start()
		await beginsBy(scene, 6)
		// Without memory it refuses whatever would take some.
		await scene.client.config('SET', 'maxmemory', '1')
		await new Promise((resolve) => setTimeout(resolve, 1500))
		await scene.client.config('SET', 'maxmemory', '0')
		await beginsBy(scene, 8)
		first.child.kill('SIGKILL')
		await first.ended
		const second = await manyhart(campaignArguments(scene, path))
		t.is(second.exitCode, 0, second.stderr)
		t.deepEqual((await idsIn(scene.folder)).toSorted(), plan.runs.map(({id}) => id).toSorted(), 'each once')
		// A worker ends in an orderly way.
		worker.child.kill('SIGTERM')
		t.is(await worker.ended, 143)
		t.deepEqual(await scene.client.keys(`${prefix}:worker*`), [])
	},
)

test.serial(
	'an interrupted campaign goes on with what workers have done meanwhile; --withdraw takes the rest out',
	async (t) => {
		const scene = await sceneOf(t)
		if (!scene) return
		const {path, plan} = await planAt(scene.folder, file('interrupted', 500, 3))
		const args = campaignArguments(scene, path)
		const first = startManyhart(t, args)
		const queue = new Queue(queueName(plan), {connection: scene.client, prefix})
		t.teardown(() => queue.close())
		await eventually(async () => (await queue.getWaitingCount()) === plan.runs.length, 'all runs in the queue')
		first.child.kill('SIGINT')
		t.is(await first.ended, 130)
		t.is((await manyhart([...args, '--withdraw'])).stderr, 'campaign: 12 runs taken out of the queue\n')
		t.is(await queue.getWaitingCount(), 0)

		const second = startManyhart(t, args)
		await eventually(async () => (await queue.getWaitingCount()) === plan.runs.length, 'all runs in the queue again')
		second.child.kill('SIGINT')
		t.is(await second.ended, 130)
		startWorker(t, scene, 'late')
		await eventually(async () => (await queue.getCompletedCount()) === plan.runs.length, 'all runs done')
		t.deepEqual(await idsIn(scene.folder), [])
		t.is((await manyhart(args)).exitCode, 0)
		t.deepEqual((await idsIn(scene.folder)).toSorted(), plan.runs.map(({id}) => id).toSorted())
	},
)

test.serial('nobody to run it, another build, another process: it says so, and does not wait for ever', async (t) => {
	const scene = await sceneOf(t, 'secret')
	if (!scene) return
	const {path, plan} = await planAt(scene.folder, file('lonely', 500, 1))
	const args = campaignArguments(scene, path)
	await announceWorker(scene.client, {name: 'old', build: '0.0.9-0', cores: 1, running: {}})
	const alone = await manyhart([...args, '--patience', '1'])
	t.is(alone.exitCode, 75)
	t.regex(
		alone.stderr,
		/Expected a worker \(manyhart campaign worker --queue redis:\/\/:\*\*\*@127\.0\.0\.1:\d+\/?\) within 1 s, got none; the same command goes on/,
	)
	t.notRegex(alone.stderr, /secret/)
	t.notRegex(await readFile(join(scene.folder, 'out/campaign.json'), 'utf8'), /secret/)

	// It is in the list of campaigns still: a worker of this build would run it, and one without work ends.
	await own(scene.client, queueName(plan), 'elsewhere 1')
	const other = setInterval(() => void own(scene.client, queueName(plan), 'elsewhere 1'), ownershipLimit / 10)
	t.teardown(() => clearInterval(other))
	const taken = await manyhart(args)
	t.is(taken.exitCode, 2)
	t.regex(taken.stderr, /Expected campaign lonely to be run by one process, got elsewhere, process 1/)

	await scene.client.hset(`${prefix}:campaigns`, 'campaign-old', JSON.stringify({campaign: 'old', build: '0.0.9-0'}))
	await scene.client.hdel(`${prefix}:campaigns`, queueName(plan))
	const worker = await manyhart(['campaign', 'worker', '--queue', scene.redis.address, '--idle', '2'])
	t.is(worker.exitCode, 0)
	t.regex(
		worker.stderr,
		/campaign old is of build 0\.0\.9-0, and this worker is .*: it runs none of it\n.*no run for 2 s/,
	)
})

test.serial(
	'an address that is none, nobody there, a wrong password, something that is no Redis: exit codes and reasons',
	async (t) => {
		const scene = await sceneOf(t, 'secret')
		if (!scene) return
		const worker = (address: string, env = {}) =>
			manyhart(['campaign', 'worker', '--queue', address, '--idle', '1'], {env: {...process.env, ...env}})
		const refused = async (address: string, pattern: RegExp, exitCode = 69) => {
			const ended = await worker(address)
			t.is(ended.exitCode, exitCode, address)
			t.regex(ended.stderr, pattern)
			t.is(ended.stderr.split('\n').length, 2, ended.stderr)
		}
		const at = `127.0.0.1:${scene.redis.port}`
		await refused('http://x', /Expected --queue with an address such as redis:\/\/HOST:6379, got http:\/\/x/, 2)
		await refused(`redis://127.0.0.1:${await freePort()}`, /ECONNREFUSED \(connection refused\)/)
		await refused(`redis://:wrong@${at}`, /redis:\/\/:\*\*\*@.*a refusal: wrong user or password/)
		await refused(`redis://${at}`, /a refusal: it wants a password, in the address or in REDISCLI_AUTH/)
		t.is((await worker(`redis://${at}`, {REDISCLI_AUTH: 'secret'})).exitCode, 0)
		const sockets = new Set<Socket>()
		const server = createServer((socket) => {
			sockets.add(socket)
			socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n')
		})
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
		t.teardown(() => server.close())
		await refused(`redis://127.0.0.1:${(server.address() as {port: number}).port}`, /an answer that is not of Redis/)
	},
)

test.serial('a Redis that does not answer any more: both say so, and give up when patience is over', async (t) => {
	const scene = await sceneOf(t)
	if (!scene) return
	const {path, plan} = await planAt(scene.folder, file('silent', 500, 1))
	// However late the worker comes, there is one.
	const present = () => announceWorker(scene.client, {name: 'early', build: plan.build, cores: 1, running: {}})
	await present()
	const presence = setInterval(() => void present().catch(() => {}), 2000)
	t.teardown(() => clearInterval(presence))
	const patience = ['--patience', '5']
	const first = startManyhart(t, [...campaignArguments(scene, path), ...patience])
	const worker = startManyhart(t, [
		'campaign',
		'worker',
		'--queue',
		scene.redis.address,
		'--label',
		'late',
		...patience,
	])
	const said = [first, worker].map(({child}) => text(child.stderr!))
	const announced = [`${prefix}:worker:late`, `${prefix}:campaigns`]
	await eventually(async () => (await scene.client.exists(...announced)) === 2, 'both to be there')
	scene.redis.pause()
	t.deepEqual([await first.ended, await worker.ended], [75, 75])
	for (const each of said)
		t.regex(await each, /Expected an answer of Redis at redis:.* within 5 s, got none; the same command goes on/)
})

test.serial('a run that fails is tried again by workers, and is a result with its reason at last', async (t) => {
	const scene = await sceneOf(t)
	if (!scene) return
	const {path} = await planAt(
		scene.folder,
		'campaign: failing\nattempts: 2\nbackoff: 1\nruns:\n  - {guest: bare, workload: sort, harts: 1, engine: qemu, work: 4}\n',
	)
	// No QEMU.
	startManyhart(t, ['campaign', 'worker', '--queue', scene.redis.address], {
		stdio: 'ignore',
		env: {...process.env, PATH: dirname(process.execPath)},
	})
	const {exitCode, stderr} = await manyhart(campaignArguments(scene, path))
	t.is(exitCode, 1)
	t.regex(stderr, /failed: there is no qemu-system-riscv64 in PATH/)
	const [line = ''] = (await readFile(join(scene.folder, 'out/results.jsonl'), 'utf8')).split('\n')
	t.like(JSON.parse(line), {attempt: 2, outcome: {error: 'there is no qemu-system-riscv64 in PATH'}})
})

test.serial('a run that has taken three workers with it has failed, and the campaign ends', async (t) => {
	const scene = await sceneOf(t)
	if (!scene) return
	const {path, plan} = await planAt(
		scene.folder,
		'campaign: deadly\nruns:\n  - {workload: compute-integer, engine: native, harts: 1, work: 1000000000}\n',
	)
	const {child, ended} = startManyhart(t, campaignArguments(scene, path))
	const said = text(child.stderr!)
	const queue = new Queue(queueName(plan), {connection: scene.client, prefix})
	t.teardown(() => queue.close())
	for (const label of ['a', 'b', 'c']) {
		const worker = startWorker(t, scene, label)
		await eventually(
			async () => (await queue.getActive()).some((job) => job?.processedBy === label),
			`the run at worker ${label}`,
		)
		worker.child.kill('SIGKILL')
		await worker.ended
	}
	startWorker(t, scene, 'd')
	t.is(await ended, 1)
	t.regex(await said, /failed: 3 workers were lost with it\n/)
	const [line = ''] = (await readFile(join(scene.folder, 'out/results.jsonl'), 'utf8')).split('\n')
	t.like(JSON.parse(line), {worker: 'd', outcome: {error: '3 workers were lost with it'}})
})
