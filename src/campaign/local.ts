/** Runs a campaign on this host. */
import {setTimeout as delay} from 'node:timers/promises'
import type {ChecksumWatch} from './checks.ts'
import type {Plan} from './plan.ts'
import {inWords, type PlannedRun, type Result} from './run.ts'
import type {RunPool} from './run-pool.ts'
import type {ResultStore} from './store.ts'
import type {CampaignTable} from './table.ts'
import {Tally} from './tally.ts'

export type LocalOptions = Readonly<{
	store: ResultStore
	checks: ChecksumWatch
	pool: RunPool
	table: CampaignTable
	/** Names this host. */
	worker: string
	signal: AbortSignal
}>

/** Milliseconds before the attempt after this one. */
export const pauseAfter = ({backoff}: Pick<Plan, 'backoff'>, attempt: number): number =>
	backoff * 1000 * 2 ** (attempt - 1)

/** Returns when all runs have a result, or the signal has aborted and none is left running. @throws UserError if results cannot be stored. */
export async function runLocally(plan: Plan, options: LocalOptions): Promise<void> {
	const {store, checks, pool, table, worker} = options
	const failure = new AbortController()
	const signal = AbortSignal.any([options.signal, failure.signal])
	const running = new Map<string, string>()
	const tally = new Tally(plan, store.results.values())
	const show = () => {
		const {cores} = pool.budget
		const count = tally.of(worker)
		table.show({count: tally.all, workers: [{name: worker, cores, running: [...running.values()], count}]})
	}
	const outstanding = plan.runs.filter(({id}) => !store.has(id))
	await pool.prepare(outstanding.map(({run}) => run))

	const attemptOf = async ({id, run}: PlannedRun, attempt: number, cores: Disposable): Promise<void> => {
		running.set(id, inWords(run))
		show()
		const outcome = await pool.run(run, {cores, signal}).finally(() => running.delete(id))
		const result: Result = checks.checked({id, run, outcome, worker, attempt})
		const {error} = result.outcome
		if (error !== undefined) {
			table.say(`${inWords(run)}: attempt ${attempt} of ${plan.attempts}: ${error}`)
			if (attempt < plan.attempts) {
				await delay(pauseAfter(plan, attempt), undefined, {signal})
				return await attemptOf({id, run}, attempt + 1, await pool.budget.acquire(run.harts, signal))
			}
		}
		await store.append([result])
		tally.add(result)
		show()
	}

	const pending = new Set<Promise<void>>()
	try {
		for (const each of outstanding) {
			const cores = await pool.budget.acquire(each.run.harts, signal)
			// A failure that is no run's ends all: none is left behind.
			const attempt = attemptOf(each, 1, cores).catch((error) => failure.abort(error))
			pending.add(attempt)
			void attempt.then(() => pending.delete(attempt))
		}
	} catch (error) {
		if (!signal.aborted) throw error
	} finally {
		await Promise.all(pending)
	}
	if (options.signal.aborted) return
	failure.signal.throwIfAborted()
}
