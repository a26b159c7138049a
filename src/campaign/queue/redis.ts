/** The connection to Redis: it is tried once, with a clear answer; after that it comes back by itself. */

import {setTimeout as delay} from 'node:timers/promises'
import type {Redis} from 'ioredis'
import {expected, UserError} from '../../errors.ts'
import {exitCodes} from '../../exit-codes.ts'
import {environmentVariables} from '../../main/environment.ts'
import {describeSystemError} from '../../main/system-error.ts'

const passwordVariable = environmentVariables.queuePassword.name
/** Milliseconds. A connection without an answer for so long is lost: another one is made. */
const [connectLimit, slowestReconnect, silenceLimit, lookPause] = [5000, 1000, 15_000, 250]
/** The oldest version that BullMQ recommends. */
const oldest = [6, 2] as const

/** @returns the address without its password. */
export function withoutPassword(text: string): string {
	if (!URL.canParse(text)) return text
	const url = new URL(text)
	if (url.password) url.password = '***'
	return url.href
}

export class RedisLink implements Disposable {
	readonly client: Redis
	/** Where it is, without a password. */
	readonly where: string
	#awaySince: number | undefined
	#connections = 0
	#askedSince: number | undefined
	/** Since when it refuses what it is asked, and why. */
	#refusal: Readonly<{since: number; why: string}> | undefined
	#lastError: string | undefined

	private constructor(client: Redis, where: string) {
		this.client = client
		this.where = where
		client.on('error', (error: Error) => {
			this.#lastError = describeRedisError(error)
		})
		client.on('close', () => {
			this.#awaySince ??= performance.now()
		})
		client.on('ready', () => {
			this.#connections++
			this.#awaySince = undefined
			this.#lastError = undefined
		})
	}

	/** @throws UserError that says why not: an address that is none, nobody there, a password that is refused, an old Redis. */
	static async connect(address: string): Promise<RedisLink> {
		const where = withoutPassword(address)
		// Only for campaigns that have a queue.
		const {Redis} = await import('ioredis')
		const password = process.env[passwordVariable]
		const options = {
			...(password && !new URL(address).password && {password}),
			connectTimeout: connectLimit,
			lazyConnect: true,
		}
		const probe = new Redis(address, {...options, retryStrategy: () => null, maxRetriesPerRequest: 0})
		let last: Error | undefined
		probe.on('error', (error) => {
			last = error
		})
		const refuse = (error: unknown) => {
			const why = describeRedisError(last ?? (error as Error))
			throw new UserError(
				`Expected --queue ${where} to be a Redis that answers, got ${why}`,
				exitCodes.unavailable.code,
			)
		}
		const limit = AbortSignal.timeout(2 * connectLimit)
		const late = new Promise<never>((_, reject) => {
			limit.addEventListener('abort', () => reject(new Error(`no answer in ${(2 * connectLimit) / 1000} s`)))
		})
		try {
			await Promise.race([probe.connect(), late]).catch(refuse)
			const info = await Promise.race([probe.info('server'), late]).catch(refuse)
			checkVersion(/^redis_version:(\S+)/m.exec(info ?? '')?.[1], where)
		} finally {
			probe.disconnect()
		}
		// BullMQ wants commands to wait for the connection; its users limit the time.
		const client = new Redis(address, {
			...options,
			maxRetriesPerRequest: null,
			socketTimeout: silenceLimit,
			retryStrategy: (times) => Math.min(100 * times, slowestReconnect),
		})
		const link = new RedisLink(client, where)
		await Promise.race([client.connect(), late]).catch(refuse)
		return link
	}

	/** Connections so far: one more after each loss, after which Redis may know less than before. */
	get connections(): number {
		return this.#connections
	}

	get isReady(): boolean {
		return this.client.status === 'ready'
	}

	/** Seconds that it has been away; 0: it is there. */
	get away(): number {
		if (this.isReady) return 0
		return this.#awaySince === undefined ? 0 : (performance.now() - this.#awaySince) / 1000
	}

	/** What is amiss, in words; undefined: nothing. */
	get complaint(): string | undefined {
		const asked = this.#askedSince === undefined ? 0 : (performance.now() - this.#askedSince) / 1000
		if (this.isReady && this.#refusal) return `Redis at ${this.where} refuses: ${this.#refusal.why}; trying again`
		if (this.isReady) return asked < 5 ? undefined : `Redis at ${this.where} does not answer for ${Math.round(asked)} s`
		return `Redis at ${this.where} is away for ${Math.round(this.away)} s (${this.#lastError ?? 'the connection was closed'}); trying again`
	}

	/**
	 * Waits for what is asked of Redis: also while the connection is lost and made again.
	 * @param waiting called now and then. @returns undefined if the signal aborts before, or if Redis refuses for now, such as
	 * without memory: it may be asked again. @throws UserError when patience is over.
	 */
	async ask<Value>(
		work: Promise<Value>,
		{patience, signal, waiting}: Readonly<{patience: number; signal: AbortSignal; waiting: () => void}>,
	): Promise<Value | undefined> {
		const asked = performance.now()
		this.#askedSince = asked
		let isDone = false
		const done = work.finally(() => {
			isDone = true
			this.#askedSince = undefined
		})
		// Whoever waits no longer does not care.
		const settled = done.catch(() => {})
		for (;;) {
			await Promise.race([settled, delay(lookPause)])
			if (isDone)
				return await done.then(
					(value) => {
						this.#refusal = undefined
						return value
					},
					async (error) => {
						if (!refusesForNow(error)) throw error
						this.#refusal = {since: this.#refusal?.since ?? asked, why: describeRedisError(error)}
						if (performance.now() - this.#refusal.since > patience * 1000)
							throw givenUp(`Redis at ${this.where} to do what it is asked within ${patience} s`, this.#refusal.why)
						await delay(lookPause)
						return undefined
					},
				)
			if (signal.aborted) return undefined
			waiting()
			if (performance.now() - asked > patience * 1000)
				throw givenUp(`an answer of Redis at ${this.where} within ${patience} s`, this.#lastError ?? 'none')
		}
	}

	/** @throws UserError when it has been away for longer. */
	checkPatience(seconds: number): void {
		if (this.away > seconds) throw givenUp(`Redis at ${this.where} back within ${seconds} s`, this.#lastError ?? 'none')
	}

	[Symbol.dispose](): void {
		this.client.disconnect()
	}
}

/** Errors that go away, of one command or of several at once: it is full, starts, has another master, or its password was changed. */
const passing =
	/^(?:EXECABORT|OOM|MISCONF|LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|TRYAGAIN|BUSY|NOAUTH|WRONGPASS)\b/

export const refusesForNow = (error: unknown): error is Error =>
	error instanceof Error && error.name === 'ReplyError' && passing.test(error.message)

/** The same command goes on later. */
export const givenUp = (what: string, got: string): UserError =>
	new UserError(`Expected ${what}, got ${got}; the same command goes on where this one ended`, exitCodes.givenUp.code)

function checkVersion(version: string | undefined, where: string): void {
	const [major = 0, minor = 0] = (version ?? '').split('.').map(Number)
	if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return
	throw new UserError(
		`Expected --queue ${where} to be Redis ${oldest.join('.')} or newer, got ${version ?? 'no version'}`,
		exitCodes.unavailable.code,
	)
}

const refusals: readonly (readonly [RegExp, string])[] = [
	[/WRONGPASS|invalid password/, 'a refusal: wrong user or password'],
	[/NOAUTH/, `a refusal: it wants a password, in the address or in ${passwordVariable}`],
	[/NOPERM/, 'a refusal: the user has not the rights'],
	[/Protocol error|Expected type|not a valid/i, 'an answer that is not of Redis'],
	[/ETIMEDOUT/, 'no answer'],
	[/^(?:OOM|EXECABORT)/, 'it has no memory left'],
	[/^MISCONF/, 'it cannot write to its disk'],
]

function describeRedisError(error: Error): string {
	// A name with several addresses fails with all their errors.
	const [first] = error instanceof AggregateError ? error.errors : [error]
	const {message} = first as Error
	const known = refusals.find(([pattern]) => pattern.test(message) || pattern.test(error.message))
	if (known) return known[1]
	return 'code' in (first as object) ? describeSystemError(first) : message
}

/** @throws UserError */
export function checkAddress(text: string): string {
	const url = URL.canParse(text) ? new URL(text) : undefined
	if (url && (url.protocol === 'redis:' || url.protocol === 'rediss:') && url.hostname !== '') return text
	throw expected('--queue with an address such as redis://HOST:6379', withoutPassword(text) || '""')
}
