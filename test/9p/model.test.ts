import {
	chmodSync,
	closeSync,
	constants,
	existsSync,
	fchmodSync,
	fstatSync,
	ftruncateSync,
	linkSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	openSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	readSync,
	renameSync,
	rmdirSync,
	rmSync,
	symlinkSync,
	truncateSync,
	unlinkSync,
	utimesSync,
	writeSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test from 'ava'
import {Random} from '../hart/core/float-operands.ts'
import {Rlerror, type Share, share} from './client.ts'

const names = ['a', 'b', 'c', 'd e', 'caf\u00e9']
/** As the wire has it. */
const wire = (path: string) => Buffer.from(path).toString('latin1')

type Open = {fid: number; descriptor: number; writable: boolean}

/** The same operation on the server, and by node:fs on a folder of its own. */
class Twins {
	readonly random: Random
	readonly client: Share['client']
	readonly model: string
	readonly open: Open[] = []
	readonly log: string[] = []

	constructor(random: Random, client: Share['client'], model: string) {
		this.random = random
		this.client = client
		this.model = model
	}

	/** A folder, and a name in it; no component but the last is a symbolic link, which node:fs would follow. */
	place(): {folder: string; name: string} {
		const {random} = this
		let folder = ''
		while (random.below(3) > 0 && folder.split('/').length < 4) {
			const below = join(folder, random.pick(names))
			if (lstatSync(join(this.model, below), {throwIfNoEntry: false})?.isDirectory()) folder = below
			else if (random.below(2) === 0) break
		}
		return {folder, name: random.pick(names)}
	}

	/** @returns 0 or the error's number, by both. */
	async both<Result>(
		what: string,
		onServer: () => Promise<Result>,
		onModel: () => Result,
	): Promise<{server: Result | number; model: Result | number}> {
		this.log.push(what)
		const server = await onServer().catch((error: unknown) => {
			if (error instanceof Rlerror) return error.errno
			throw error
		})
		return {server, model: attempt(onModel)}
	}

	async inFolder<Result>(folder: string, run: (fid: number) => Promise<Result>): Promise<Result> {
		const fid = await this.client.find(wire(folder))
		try {
			return await run(fid)
		} finally {
			await this.client.clunk(fid).catch(() => {})
		}
	}
}

function attempt<Result>(run: () => Result): Result | number {
	try {
		return run()
	} catch (error) {
		return -((error as NodeJS.ErrnoException).errno as number)
	}
}

type Step = (twins: Twins) => Promise<{server: unknown; model: unknown}>

const onPath =
	(
		what: string,
		onServer: (twins: Twins, folder: number, name: string) => Promise<unknown>,
		onModel: (path: string, twins: Twins) => unknown,
	): Step =>
	(twins) => {
		const {folder, name} = twins.place()
		return twins.both(
			`${what} ${folder}/${name}`,
			() => twins.inFolder(folder, async (fid) => void (await onServer(twins, fid, wire(name)))),
			() => void onModel(join(twins.model, folder, name), twins),
		)
	}

/** With a number that both sides draw alike. */
const withNumber =
	(below: number, step: (value: number) => Step): Step =>
	(twins) =>
		step(twins.random.below(below))(twins)

async function onFid<Result>(
	{client}: Twins,
	folder: number,
	name: string,
	run: (fid: number) => Promise<Result>,
): Promise<Result> {
	const fid = client.newFid()
	await client.walk(folder, fid, name)
	try {
		return await run(fid)
	} finally {
		await client.clunk(fid).catch(() => {})
	}
}

/** open(2) of a guest that does not follow links: the server's for what is there. */
const openFlags = [0, 1, 2, 0o1001, 0o2002]

const steps: readonly Step[] = [
	withNumber(0o1000, (mode) =>
		onPath(
			`mkdir ${mode.toString(8)}`,
			({client}, folder, name) => client.mkdir(folder, name, mode | 0o700),
			(path) => {
				mkdirSync(path)
				chmodSync(path, mode | 0o700)
			},
		),
	),
	onPath(
		'rmdir',
		({client}, folder, name) => client.unlinkat(folder, name, 0x200),
		(path) => rmdirSync(path),
	),
	onPath(
		'unlink',
		({client}, folder, name) => client.unlinkat(folder, name),
		(path) => unlinkSync(path),
	),
	onPath(
		'remove',
		async (twins, folder, name) => onFid(twins, folder, name, (fid) => twins.client.remove(fid)),
		(path) => (lstatSync(path).isDirectory() ? rmdirSync(path) : unlinkSync(path)),
	),
	withNumber(3, (target) =>
		onPath(
			'symlink',
			({client}, folder, name) => client.symlink(folder, name, `../${target}/nowhere`),
			(path) => symlinkSync(`../${target}/nowhere`, path),
		),
	),
	withNumber(0o1000, (mode) =>
		onPath(
			`create anew ${mode.toString(8)}`,
			async ({client}, folder, name) => {
				const fid = client.newFid()
				await client.walk(folder, fid)
				await client.create(fid, name, {flags: 0o302, mode}).finally(() => client.clunk(fid))
			},
			(path) => {
				const descriptor = openSync(path, 'wx+')
				fchmodSync(descriptor, mode)
				closeSync(descriptor)
			},
		),
	),
	withNumber(0o1000, (mode) =>
		onPath(
			`chmod ${mode.toString(8)}`,
			(twins, folder, name) => onFid(twins, folder, name, (fid) => twins.client.setattr(fid, {mode: mode | 0o700})),
			(path) => {
				if (lstatSync(path).isSymbolicLink()) throw Object.assign(new Error(), {errno: -95})
				chmodSync(path, mode | 0o700)
			},
		),
	),
	withNumber(100_000, (size) =>
		onPath(
			`truncate ${size}`,
			(twins, folder, name) => onFid(twins, folder, name, (fid) => twins.client.setattr(fid, {size})),
			(path) => {
				if (lstatSync(path).isSymbolicLink()) throw Object.assign(new Error(), {errno: -22})
				truncateSync(path, size)
			},
		),
	),
	withNumber(2 ** 31, (seconds) =>
		onPath(
			`utimes ${seconds}`,
			(twins, folder, name) => {
				const time = {seconds: BigInt(seconds), nanoseconds: 0n}
				return onFid(twins, folder, name, (fid) =>
					twins.client.setattr(fid, {accessTime: time, modificationTime: time}),
				)
			},
			(path) => {
				if (!lstatSync(path).isSymbolicLink()) utimesSync(path, seconds, seconds)
			},
		),
	),
	(twins) => {
		const [from, to] = [twins.place(), twins.place()]
		return twins.both(
			`rename ${JSON.stringify([from, to])}`,
			() =>
				twins.inFolder(from.folder, (old) =>
					twins.inFolder(to.folder, (folder) => twins.client.renameat(old, wire(from.name), folder, wire(to.name))),
				),
			() => renameSync(join(twins.model, from.folder, from.name), join(twins.model, to.folder, to.name)),
		)
	},
	(twins) => {
		const [from, to] = [twins.place(), twins.place()]
		return twins.both(
			`link ${JSON.stringify([from, to])}`,
			() =>
				twins.inFolder(from.folder, (old) =>
					onFid(twins, old, wire(from.name), (fid) =>
						twins.inFolder(to.folder, (folder) => twins.client.link(folder, fid, wire(to.name))),
					),
				),
			() => linkSync(join(twins.model, from.folder, from.name), join(twins.model, to.folder, to.name)),
		)
	},
	(twins) => {
		const {folder, name} = twins.place()
		return twins.both<unknown>(
			`attributes ${folder}/${name}`,
			() =>
				twins.inFolder(folder, (fid) =>
					onFid(twins, fid, wire(name), async (file) => {
						const {mode, size, links} = await twins.client.getattr(file)
						return [mode, (mode & 0o170000) === 0o040000 ? 0n : size, links]
					}),
				),
			() => {
				const {mode, size, nlink} = lstatSync(join(twins.model, folder, name), {bigint: true})
				return [Number(mode), (Number(mode) & 0o170000) === 0o040000 ? 0n : size, nlink]
			},
		)
	},
	(twins) => {
		const {folder} = twins.place()
		return twins.both<unknown>(
			`list ${folder}`,
			() =>
				twins.inFolder(folder, async (fid) => {
					await twins.client.open(fid)
					const entries = await twins.client.list(fid, 100 + twins.random.below(1000))
					return entries.map(({name}) => name).sort()
				}),
			() => ['.', '..', ...readdirSync(join(twins.model, folder)).map(wire)].sort(),
		)
	},
	async (twins) => {
		const {folder, name} = twins.place()
		const flags = twins.random.pick(openFlags)
		const path = join(twins.model, folder, name)
		// Directories are listed above.
		if (lstatSync(path, {throwIfNoEntry: false})?.isDirectory() || twins.open.length > 20) return {server: 0, model: 0}
		const fid = twins.client.newFid()
		let opened: number | undefined
		const result = await twins.both<unknown>(
			`open ${folder}/${name} ${flags.toString(8)}`,
			async () => {
				await twins.inFolder(folder, (at) => twins.client.walk(at, fid, wire(name)))
				await twins.client.open(fid, flags).catch(async (error) => {
					await twins.client.clunk(fid)
					throw error
				})
			},
			() => {
				opened = openSync(path, flags | constants.O_NOFOLLOW)
			},
		)
		if (opened !== undefined) twins.open.push({fid, descriptor: opened, writable: (flags & 3) !== 0})
		return result
	},
	onOpen('read', async ({client, random}, {fid, descriptor}) => {
		const [position, length] = [random.below(20_000), random.below(20_000)]
		return {
			server: () => client.read(fid, position, length).then((bytes) => bytes.toString('latin1')),
			model: () => {
				const bytes = Buffer.alloc(length)
				return bytes.toString('latin1', 0, readSync(descriptor, bytes, 0, length, position))
			},
		}
	}),
	onOpen('write', async ({client, random}, {fid, descriptor, writable}) => {
		const position = random.below(20_000)
		const bytes = Buffer.alloc(1 + random.below(5000), random.below(256))
		return {
			server: () => client.write(fid, position, bytes),
			// The server knows how it was opened.
			model: () => (writable ? writeSync(descriptor, bytes, 0, bytes.length, position) : 9),
		}
	}),
	onOpen('size', async ({client, random}, {fid, descriptor, writable}) => {
		const size = random.below(30_000)
		return {
			server: async () => {
				if (writable) await client.setattr(fid, {size})
				const got = await client.getattr(fid)
				return [got.size, got.mode, got.links]
			},
			model: () => {
				if (writable) ftruncateSync(descriptor, size)
				const stat = fstatSync(descriptor, {bigint: true})
				return [stat.size, Number(stat.mode), stat.nlink]
			},
		}
	}),
	async (twins) => {
		const [closed] = twins.open.length > 0 ? twins.open.splice(twins.random.below(twins.open.length), 1) : []
		if (closed !== undefined) {
			await twins.client.clunk(closed.fid)
			closeSync(closed.descriptor)
		}
		return {server: 0, model: 0}
	},
]

function onOpen(
	what: string,
	prepare: (twins: Twins, open: Open) => Promise<{server: () => Promise<unknown>; model: () => unknown}>,
): Step {
	return async (twins) => {
		if (twins.open.length === 0) return {server: 0, model: 0}
		const open = twins.random.pick(twins.open)
		const {server, model} = await prepare(twins, open)
		return twins.both(`${what} of fid ${open.fid}`, server, model)
	}
}

/** All that is in a folder; not times, which are compared elsewhere. */
function tree(folder: string): string[] {
	return readdirSync(folder, {recursive: true, encoding: 'utf8'})
		.sort()
		.map((path) => {
			const full = join(folder, path)
			const {mode, nlink} = lstatSync(full)
			const type = mode & 0o170000
			const what =
				type === 0o120000 ? readlinkSync(full) : type === 0o100000 ? readFileSync(full).toString('base64') : ''
			return `${path} ${mode.toString(8)} ${nlink} ${what}`
		})
}

const seeds = Number(process.env.MODEL_SEEDS ?? 3)
for (let index = 0; index < seeds; index++)
	test(`random operations do to the folder what node:fs does to another (${index})`, async (t) => {
		const seed =
			process.env.MODEL_SEED === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(process.env.MODEL_SEED)
		t.log(`seed ${seed}`)
		const random = new Random(seed)
		const model = mkdtempSync(join(tmpdir(), 'manyhart-9p-model-'))
		t.teardown(() => rmSync(model, {recursive: true}))
		const {client, folder, server} = await share(t, {
			securityModel: 'none',
			waiting: random.pick(['own-thread', 'pool'] as const),
			limits: {handles: random.pick([1, 10, 1000])},
		})
		const twins = new Twins(random, client, model)
		let succeeded = 0
		for (let count = 0; count < 800; count++) {
			const {server: got, model: wanted} = await random.pick(steps)(twins)
			if (typeof wanted !== 'number') succeeded++
			t.deepEqual(got, wanted, `seed ${seed}, step ${count}: ${twins.log.at(-1)}`)
		}
		for (const {fid, descriptor} of twins.open) {
			await client.clunk(fid)
			closeSync(descriptor)
		}
		t.deepEqual(tree(folder), tree(model))
		t.true(succeeded > 200, `${succeeded}`)
		t.true(existsSync(folder))
		t.is(server.counts.fids, 1)
		t.is(server.counts.handles, 0)
	})
