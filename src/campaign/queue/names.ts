/** What a campaign has in Redis: a queue of BullMQ, and what its processes say of themselves. */
import {createHash} from 'node:crypto'
import type {Redis} from 'ioredis'
import * as v from 'valibot'
import type {Plan} from '../plan.ts'
import {schemaVersion} from '../run.ts'

/** Of all keys. Processes of another schema have other keys. */
export const prefix = `manyhart-${schemaVersion}`

const keys = {
	/** A hash: campaigns that are under way, by their queues. */
	campaigns: `${prefix}:campaigns`,
	/** A set of the names of workers; each has a key that expires unless it is written again. */
	workers: `${prefix}:workers`,
	worker: (name: string) => `${prefix}:worker:${name}`,
	/** The process that collects a campaign's results: the key expires, too. */
	owner: (queue: string) => `${prefix}:owner:${queue}`,
} as const

/** One for each campaign of a build: workers of another one never see its runs. */
export function queueName({name, build}: Pick<Plan, 'name' | 'build'>): string {
	return `campaign-${createHash('sha256')
		.update(JSON.stringify([name, build]))
		.digest('hex')
		.slice(0, 16)}`
}

const Campaign = v.object({campaign: v.string(), build: v.string()})
export type AnnouncedCampaign = v.InferOutput<typeof Campaign> & Readonly<{queue: string}>

export async function announceCampaign(client: Redis, {name, build}: Plan): Promise<void> {
	await client.hset(keys.campaigns, queueName({name, build}), JSON.stringify({campaign: name, build}))
}

export async function withdrawCampaign(client: Redis, plan: Plan): Promise<void> {
	await client.hdel(keys.campaigns, queueName(plan))
}

export async function announcedCampaigns(client: Redis): Promise<readonly AnnouncedCampaign[]> {
	const entries = Object.entries(await client.hgetall(keys.campaigns))
	return entries.flatMap(([queue, text]) => {
		const parsed = parse(Campaign, text)
		return parsed ? [{...parsed, queue}] : []
	})
}

const Presence = v.object({
	name: v.string(),
	build: v.string(),
	cores: v.number(),
	/** By queue: runs in words. */
	running: v.record(v.string(), v.array(v.string())),
})
export type Presence = v.InferOutput<typeof Presence>

/** Milliseconds after which a worker that says nothing is not shown any more. */
const presenceLimit = 15_000

export async function announceWorker(client: Redis, presence: Presence): Promise<void> {
	await client
		.multi()
		.sadd(keys.workers, presence.name)
		.set(keys.worker(presence.name), JSON.stringify(presence), 'PX', presenceLimit)
		.exec()
}

export async function withdrawWorker(client: Redis, name: string): Promise<void> {
	await client.multi().srem(keys.workers, name).del(keys.worker(name)).exec()
}

export async function presentWorkers(client: Redis): Promise<readonly Presence[]> {
	const names = (await client.smembers(keys.workers)).toSorted()
	if (names.length === 0) return []
	const texts = await client.mget(names.map(keys.worker))
	const gone = names.filter((_, index) => texts[index] === null)
	if (gone.length > 0) await client.srem(keys.workers, ...gone)
	return texts.flatMap((text) => (text === null ? [] : (parse(Presence, text) ?? [])))
}

/** Milliseconds after which a process that says nothing has lost its campaign. */
export const ownershipLimit = 10_000

/** @property left milliseconds until its owner has lost a campaign, unless it says something. */
export type Owner = Readonly<{name: string; left: number}>

/** Takes or keeps a campaign. @returns who has it; undefined: the caller. */
export async function own(client: Redis, queue: string, self: string): Promise<Owner | undefined> {
	const key = keys.owner(queue)
	await client.set(key, self, 'PX', ownershipLimit, 'NX')
	const [name, left] = [await client.get(key), await client.pttl(key)]
	if (name !== null && name !== self) return {name, left}
	await client.set(key, self, 'PX', ownershipLimit)
	return undefined
}

export async function disown(client: Redis, queue: string, self: string): Promise<void> {
	const key = keys.owner(queue)
	if ((await client.get(key)) === self) await client.del(key)
}

/** @returns undefined for what another program has left. */
function parse<Schema extends v.GenericSchema>(schema: Schema, text: string): v.InferOutput<Schema> | undefined {
	try {
		const {success, output} = v.safeParse(schema, JSON.parse(text))
		return success ? output : undefined
	} catch {
		return undefined
	}
}
