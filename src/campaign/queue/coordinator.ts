/**
 * The process that owns a campaign: puts its runs into the queue, and stores the results. A result stays in Redis until it is on the disk,
 * and only then is its job removed; a run whose result is stored is not put into the queue, and not stored again.
 */
import {hostname} from 'node:os'
import {setTimeout as delay} from 'node:timers/promises'
import type {Job, Queue} from 'bullmq'
import {expected, type UserError} from '../../errors.ts'
import type {ChecksumWatch} from '../checks.ts'
import {thisHost} from '../perform.ts'
import type {Plan} from '../plan.ts'
import {type PlannedRun, parseOutcome, type Result, type Run} from '../run.ts'
import type {ResultStore} from '../store.ts'
import type {CampaignTable, WorkerRow} from '../table.ts'
import {Tally} from '../tally.ts'
import {
	announceCampaign,
	disown,
	type Owner,
	own,
	prefix,
	presentWorkers,
	queueName,
	withdrawCampaign,
} from './names.ts'
import {givenUp, type RedisLink} from './redis.ts'

export type CoordinatorOptions = Readonly<{
	link: RedisLink
	store: ResultStore
	checks: ChecksumWatch
	table: CampaignTable
	/** Seconds without Redis, or without a worker, after which it gives up. */
	patience: number
	signal: AbortSignal
}>

/** What a job has of a run, and what comes back. */
export type JobData = Readonly<{run: Run; build: string}>
export type JobResult = Pick<Result, 'outcome' | 'worker' | 'attempt'>
export type RunQueue = Queue<JobData, JobResult>
type RunJob = Job<JobData, JobResult>

/** Milliseconds between two looks, and between two comparisons of what is to be in Redis with what is. */
const [lookPause, comparePause] = [250, 15_000]
/** Milliseconds for what is to be said at the end. */
const farewell = 2000
/** Jobs that one command adds or reads. */
const batch = 200

/** Returns when all runs have a result, or the signal has aborted. @throws UserError */
export async function coordinate(plan: Plan, options: CoordinatorOptions): Promise<void> {
	const {Queue} = await import('bullmq')
	const {link, signal} = options
	const queue: RunQueue = new Queue(queueName(plan), {connection: link.client, prefix})
	// The link says what is amiss.
	queue.on('error', () => {})
	const coordinator = new Coordinator(plan, queue, options)
	try {
		let isStarted: true | undefined
		while (!isStarted && !signal.aborted)
			isStarted = await link.ask(coordinator.start(), {...options, waiting: () => {}})
		while (!coordinator.isComplete && !signal.aborted) {
			await coordinator.look()
			if (!coordinator.isComplete) await delay(lookPause, undefined, {signal}).catch(() => {})
		}
	} finally {
		// Redis may not answer any more.
		await Promise.race([coordinator.leave().catch(() => {}), delay(farewell)])
		await Promise.race([queue.close().catch(() => {}), delay(farewell)])
	}
}

/** Takes the runs that nobody has begun out of the queue. @returns how many. */
export async function withdrawRuns(
	plan: Plan,
	{link, patience, signal}: Pick<CoordinatorOptions, 'link' | 'patience' | 'signal'>,
): Promise<number> {
	const {Queue} = await import('bullmq')
	const queue: RunQueue = new Queue(queueName(plan), {connection: link.client, prefix})
	queue.on('error', () => {})
	try {
		const taken = async () => {
			const {waiting = 0, delayed = 0} = await queue.getJobCounts('waiting', 'delayed')
			await queue.drain(true)
			return waiting + delayed
		}
		return (await link.ask(taken(), {patience, signal, waiting: () => {}})) ?? 0
	} finally {
		await Promise.race([queue.close().catch(() => {}), delay(farewell)])
	}
}

class Coordinator {
	readonly #plan: Plan
	readonly #queue: RunQueue
	readonly #options: CoordinatorOptions
	/** Runs without a result, by id. */
	readonly #outstanding: Map<string, PlannedRun>
	readonly #self = `${hostname()} ${process.pid} ${Date.now()}`
	#compareAt = 0
	#workerSeen = performance.now()
	readonly #tally: Tally
	#workers: readonly Omit<WorkerRow, 'count'>[] = []
	#connection = 0

	constructor(plan: Plan, queue: RunQueue, options: CoordinatorOptions) {
		this.#plan = plan
		this.#queue = queue
		this.#options = options
		this.#tally = new Tally(plan, options.store.results.values())
		this.#outstanding = new Map(plan.runs.filter(({id}) => !options.store.has(id)).map((each) => [each.id, each]))
	}

	get isComplete(): boolean {
		return this.#outstanding.size === 0
	}

	/** Takes the campaign. It may be called again, if Redis refuses. @throws UserError if another process keeps it. */
	async start(): Promise<true> {
		const {link, signal} = this.#options
		let before = Number.POSITIVE_INFINITY
		while (!signal.aborted) {
			const owner = await own(link.client, this.#queue.name, this.#self)
			if (owner === undefined) break
			// It says that it is there.
			if (owner.left > before) throw this.#takenBy(owner)
			before = owner.left
			if (hasEnded(owner.name)) await disown(link.client, this.#queue.name, owner.name)
			// One on another machine that has died keeps it until its time is over.
			else await delay(2 * lookPause)
		}
		if (signal.aborted) return true
		this.#connection = link.connections
		// What was finished while nobody was here.
		await this.#collect()
		await announceCampaign(link.client, this.#plan)
		await this.#addMissing()
		return true
	}

	#takenBy({name}: Owner): UserError {
		const [host, pid] = name.split(' ')
		return expected(`campaign ${this.#plan.name} to be run by one process`, `${host}, process ${pid}`)
	}

	/** Once: collects, compares, shows. Waits for Redis, if it is away, as long as there is patience. */
	async look(): Promise<void> {
		const {link, patience, signal} = this.#options
		this.#show()
		if (link.isReady) await link.ask(this.#lookAtRedis(), {patience, signal, waiting: () => this.#show()})
		else link.checkPatience(patience)
	}

	async #lookAtRedis(): Promise<void> {
		const {link, patience} = this.#options
		const owner = await own(link.client, this.#queue.name, this.#self)
		if (owner) throw this.#takenBy(owner)
		await this.#collect()
		if (this.isComplete) return
		await this.#lookAtWorkers()
		const now = performance.now()
		// What Redis had not yet written when it was ended is lost.
		if (this.#connection !== link.connections || now > this.#compareAt) {
			this.#connection = link.connections
			await announceCampaign(link.client, this.#plan)
			await this.#addMissing()
		}
		if (now - this.#workerSeen > patience * 1000)
			throw givenUp(`a worker (manyhart campaign worker --queue ${link.where}) within ${patience} s`, 'none')
	}

	async #collect(): Promise<void> {
		for (;;) {
			const jobs = await this.#queue.getJobs(['completed', 'failed'], 0, batch - 1, true)
			const ended = jobs.filter((job) => job?.id !== undefined)
			if (ended.length === 0) return
			await this.#keep(ended)
		}
	}

	/** Stores first; then Redis may forget them. */
	async #keep(jobs: readonly RunJob[]): Promise<void> {
		const {store, checks, table} = this.#options
		const results = jobs.flatMap((job): readonly Result[] => {
			const {id = ''} = job
			if (store.has(id)) return []
			return [checks.checked({id, run: job.data.run, ...resultOf(job)})]
		})
		await store.append(results)
		for (const result of results) {
			const {id, outcome} = result
			this.#tally.add(result)
			this.#outstanding.delete(id)
			if (outcome.error !== undefined) table.say(`${id} failed: ${outcome.error}`)
		}
		await Promise.all(jobs.map(({id}) => this.#queue.remove(id!)))
	}

	/** Adds outstanding runs that are not in Redis. A job whose id is there is not added again. */
	async #addMissing(): Promise<void> {
		const {attempts, backoff, build} = this.#plan
		const began = performance.now()
		const outstanding = [...this.#outstanding.values()]
		for (let first = 0; first < outstanding.length; first += batch) {
			const some = outstanding.slice(first, first + batch)
			const there = await Promise.all(some.map(({id}) => this.#options.link.client.exists(this.#queue.toKey(id))))
			const missing = some.filter((_, index) => there[index] === 0)
			await this.#queue.addBulk(
				missing.map(({id, run}) => ({
					name: run.workload,
					data: {run, build},
					opts: {
						jobId: id,
						attempts,
						backoff: {type: 'exponential', delay: backoff * 1000},
						removeOnComplete: false,
						removeOnFail: false,
						stackTraceLimit: 0,
					},
				})),
			)
		}
		// Of many runs it takes a while, which is to be a small part of the time.
		const now = performance.now()
		this.#compareAt = now + Math.max(comparePause, 20 * (now - began))
	}

	async #lookAtWorkers(): Promise<void> {
		const {client} = this.#options.link
		const workers = await presentWorkers(client)
		this.#workers = workers.map(({name, build, cores, running}) => ({
			...{name, cores, running: running[this.#queue.name] ?? []},
			...(build !== this.#plan.build && {note: `another build, ${build}: runs none of these`}),
		}))
		if (workers.some(({build}) => build === this.#plan.build)) this.#workerSeen = performance.now()
	}

	#show(): void {
		const {link, table} = this.#options
		const seconds = Math.round((performance.now() - this.#workerSeen) / 1000)
		const lonely =
			seconds >= 5 ? `no worker for ${seconds} s: manyhart campaign worker --queue ${link.where}` : undefined
		const workers = this.#workers.map((each) => ({...each, count: this.#tally.of(each.name)}))
		table.show({count: this.#tally.all, workers, note: link.complaint ?? lonely})
	}

	/** Others may take the campaign; if it is complete, nothing of it stays in Redis. */
	async leave(): Promise<void> {
		const {link} = this.#options
		if (!link.isReady) return
		if (this.isComplete) {
			await withdrawCampaign(link.client, this.#plan)
			await this.#queue.obliterate({force: true})
		}
		await disown(link.client, this.#queue.name, this.#self)
	}
}

/** @returns whether it was a process of this machine, and is no more. */
function hasEnded(owner: string): boolean {
	const [host, pid] = owner.split(' ')
	if (host !== hostname()) return false
	try {
		process.kill(Number(pid), 0)
		return false
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'ESRCH'
	}
}

/** A job that took its workers with it too often has none. */
function resultOf(job: RunJob): JobResult {
	const {returnvalue, failedReason, processedBy, attemptsMade} = job
	const outcome = parseOutcome(returnvalue?.outcome)
	if (outcome) return {outcome, worker: returnvalue.worker, attempt: returnvalue.attempt}
	return {
		outcome: {
			host: thisHost(),
			began: new Date(job.processedOn ?? job.timestamp).toISOString(),
			took: 0,
			error: failedReason ?? 'its worker returned nothing that this build reads',
		},
		worker: processedBy ?? 'unknown',
		attempt: attemptsMade,
	}
}
