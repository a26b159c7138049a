/** `manyhart campaign worker`: takes runs of all campaigns of its build from Redis, as many at a time as the cores allow, and returns their results. */
import {randomUUID} from 'node:crypto'
import {setTimeout as delay} from 'node:timers/promises'
import type {Job, Worker} from 'bullmq'
import {isUserError} from '../../errors.ts'
import {inWords} from '../run.ts'
import type {RunPool} from '../run-pool.ts'
import type {JobData, JobResult} from './coordinator.ts'
import {announcedCampaigns, announceWorker, prefix, withdrawWorker} from './names.ts'
import {type RedisLink, refusesForNow} from './redis.ts'

export type WorkerOptions = Readonly<{
	link: RedisLink
	pool: RunPool
	name: string
	build: string
	/** Seconds after which runs of a worker that says nothing are taken over. */
	lease: number
	/** Seconds without a run after which it ends. */
	idle: number
	/** Seconds without Redis after which it gives up. */
	patience: number
	signal: AbortSignal
	say: (line: string) => void
	/** Called now and then. */
	show: (state: WorkerState) => void
}>

export type WorkerState = Readonly<{
	running: readonly string[]
	done: number
	failed: number
	complaint: string | undefined
}>

type RunWorker = Worker<JobData, JobResult>
type RunJob = Job<JobData, JobResult>

/** Milliseconds between two looks for runs, and two looks for campaigns, in which it also tells that it is there. */
const [lookPause, presencePause] = [200, 1000]
/** Times that a run may take its worker with it before it counts as failed. */
const mostLost = 3
/** Milliseconds to give runs back in, when it ends. */
const givingBack = 2000

/** Returns when the signal has aborted, or nothing was to be run for a while. @throws UserError */
export async function work(options: WorkerOptions): Promise<void> {
	const worker = new CampaignWorker(options)
	try {
		await worker.run()
	} finally {
		await worker.leave()
	}
}

class CampaignWorker {
	readonly #options: WorkerOptions
	/** By queue. */
	readonly #queues = new Map<string, RunWorker>()
	/** By the token of its lock: one that was lost may come again. */
	readonly #running = new Map<string, Readonly<{queue: string; words: string; ended: Promise<void>}>>()
	readonly #failure = new AbortController()
	readonly #signal: AbortSignal
	readonly #refused = new Set<string>()
	#done = 0
	#failed = 0
	#announced = Number.NEGATIVE_INFINITY
	#busy = performance.now()
	#turn = 0
	#wakeUp = () => {}

	constructor(options: WorkerOptions) {
		this.#options = options
		this.#signal = AbortSignal.any([options.signal, this.#failure.signal])
	}

	async run(): Promise<void> {
		const {link, patience, idle, pool, say} = this.#options
		const asking = {patience, signal: this.#signal, waiting: () => this.#show()}
		while (!this.#signal.aborted) {
			this.#show()
			link.checkPatience(patience)
			if (link.isReady && performance.now() - this.#announced > presencePause) await link.ask(this.#announce(), asking)
			// A run that waits for cores is the only one that is taken before its time.
			const takes = link.isReady && pool.budget.free > 0 && pool.budget.waiting === 0
			const taken = takes ? await link.ask(this.#takeNext(), asking) : false
			if (this.#running.size > 0) this.#busy = performance.now()
			if (performance.now() - this.#busy > idle * 1000) {
				say(`no run for ${idle} s`)
				return
			}
			if (!taken) await this.#pause()
		}
		this.#failure.signal.throwIfAborted()
	}

	/** @returns whether a run was begun. */
	async #takeNext(): Promise<boolean> {
		// Campaigns take turns.
		const queues = [...this.#queues]
		for (let count = 0; count < queues.length; count++) {
			const [queue, worker] = queues[this.#turn++ % queues.length]!
			const token = randomUUID()
			const job = await worker.getNextJob(token, {block: false})
			if (!job) continue
			this.#begin(job, {queue, token})
			return true
		}
		return false
	}

	async #announce(): Promise<void> {
		const {link, build, name, pool, say} = this.#options
		this.#announced = performance.now()
		const byQueue = Map.groupBy(this.#running.values(), ({queue}) => queue)
		const running = Object.fromEntries([...byQueue].map(([queue, runs]) => [queue, runs.map(({words}) => words)]))
		const {cores} = pool.budget
		await announceWorker(link.client, {name, build, cores, running})
		const campaigns = await announcedCampaigns(link.client)
		const own = new Set(campaigns.filter((each) => each.build === build).map(({queue}) => queue))
		for (const {campaign, build: other, queue} of campaigns) {
			if (other === build || this.#refused.has(queue)) continue
			this.#refused.add(queue)
			say(`campaign ${campaign} is of build ${other}, and this worker is ${build}: it runs none of it`)
		}
		for (const queue of own) if (!this.#queues.has(queue)) this.#queues.set(queue, await this.#open(queue))
		for (const [queue, worker] of this.#queues) {
			const isUsed = own.has(queue) || [...this.#running.values()].some((each) => each.queue === queue)
			if (isUsed) continue
			this.#queues.delete(queue)
			void worker.close(true).catch(() => {})
		}
	}

	async #open(queue: string): Promise<RunWorker> {
		const {Worker} = await import('bullmq')
		const {link, lease, name} = this.#options
		const worker: RunWorker = new Worker(queue, null, {
			...{connection: link.client, prefix, name, autorun: false},
			...{lockDuration: lease * 1000, stalledInterval: lease * 500},
		})
		// The link says what is amiss.
		worker.on('error', () => {})
		// Looks for runs of workers that have died.
		void worker.startStalledCheckTimer()
		return worker
	}

	#begin(job: RunJob, {queue, token}: Readonly<{queue: string; token: string}>): void {
		const ended = this.#perform(job, token)
			.catch((error) => this.#failure.abort(error))
			.finally(() => {
				this.#running.delete(token)
				this.#wakeUp()
			})
		this.#running.set(token, {queue, words: inWords(job.data.run), ended})
	}

	async #perform(job: RunJob, token: string): Promise<void> {
		const {pool, build, name, lease, say} = this.#options
		const {run} = job.data
		const words = inWords(run)
		const lost = new AbortController()
		const signal = AbortSignal.any([this.#signal, lost.signal])
		const renewal = setInterval(
			() =>
				void job.extendLock(token, lease * 1000).then(
					// Another worker has it, or will have.
					(isOurs) => isOurs !== 1 && lost.abort(new Error('its lease is over, and another worker takes it')),
					() => {},
				),
			(lease * 1000) / 3,
		)
		try {
			if (job.data.build !== build) throw new Error(`of build ${job.data.build}, and this worker is ${build}`)
			if (job.stalledCounter >= mostLost) return await this.#refuse(job, token)
			const outcome = await pool.run(run, {cores: await pool.budget.acquire(run.harts, signal), signal})
			const attempt = job.attemptsMade + 1
			this.#done++
			if (outcome.error !== undefined) {
				this.#failed++
				say(`${words}: attempt ${attempt} of ${job.opts.attempts}: ${outcome.error}`)
			}
			// The last attempt's failure is a result.
			if (outcome.error !== undefined && attempt < (job.opts.attempts ?? 1))
				await this.#deliver(() => job.moveToFailed(new Error(outcome.error), token, false))
			else await this.#deliver(() => job.moveToCompleted({outcome, worker: name, attempt}, token, false))
		} catch (error) {
			if (this.#signal.aborted || isUserError(error)) await this.#giveBack(job, token)
			if (isUserError(error)) throw error
			if (!this.#signal.aborted) say(`${words}: does not count here: ${(error as Error).message}`)
		} finally {
			clearInterval(renewal)
		}
	}

	/** A run that has taken too many workers with it has failed. BullMQ counts them, and leaves the rest to whoever takes the job. */
	async #refuse(job: RunJob, token: string): Promise<void> {
		const {UnrecoverableError} = await import('bullmq')
		const reason = `${job.stalledCounter} workers were lost with it`
		this.#done++
		this.#failed++
		this.#options.say(`${inWords(job.data.run)}: failed: ${reason}`)
		await this.#deliver(() => job.moveToFailed(new UnrecoverableError(reason), token, false))
	}

	/** Until Redis takes it, or says that the run is not ours any more. */
	async #deliver(give: () => Promise<unknown>): Promise<void> {
		for (;;) {
			try {
				await give()
				return
			} catch (error) {
				if (!refusesForNow(error) || this.#signal.aborted) throw error
				await delay(presencePause)
			}
		}
	}

	/** Others need not wait until the lease is over. */
	async #giveBack(job: RunJob, token: string): Promise<void> {
		await Promise.race([job.moveToWait(token).catch(() => {}), delay(givingBack)])
	}

	async #pause(): Promise<void> {
		const woken = new Promise<void>((resolve) => {
			this.#wakeUp = resolve
		})
		await Promise.race([woken, delay(lookPause, undefined, {signal: this.#signal}).catch(() => {})])
	}

	#show(): void {
		const running = [...this.#running.values()].map(({words}) => words)
		const {link, show} = this.#options
		show({running, done: this.#done, failed: this.#failed, complaint: link.complaint})
	}

	/** Gives all runs back. */
	async leave(): Promise<void> {
		const {link, name} = this.#options
		this.#failure.abort(new Error('ended'))
		// One whose result Redis does not take waits for that.
		const ended = Promise.all([...this.#running.values()].map((each) => each.ended))
		await Promise.race([ended, delay(2 * givingBack)])
		const farewells = [...this.#queues.values()].map((worker) => worker.close(true).catch(() => {}))
		const leaving = link.isReady ? withdrawWorker(link.client, name).catch(() => {}) : undefined
		await Promise.race([Promise.all([...farewells, leaving]), delay(givingBack)])
	}
}
