import {once} from 'node:events'
import {
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Worker} from 'node:worker_threads'
import test from 'ava'
import type {Served} from '../../src/9p/index.ts'
import {Random} from '../hart/core/float-operands.ts'
import {Fields, share} from './client.ts'

/** The fields of each request: d 4 bytes, f a fid, q 8 bytes, w 2, b 1, s a string, n names with their count, x contents with their count. */
const shapes: Readonly<Record<number, string>> = {
	8: 'f',
	12: 'fo',
	14: 'fsodd',
	16: 'fssd',
	18: 'fsdddd',
	20: 'ffs',
	22: 'f',
	24: 'fq',
	26: 'fdddqqqqq',
	30: 'ffs',
	32: 'fsqd',
	40: 'fqd',
	50: 'fd',
	52: 'fbdqqds',
	54: 'fbqqds',
	70: 'ffs',
	72: 'fsdd',
	74: 'fsfs',
	76: 'fsd',
	100: 'ds',
	102: 'fssd',
	104: 'ffssd',
	108: 'w',
	110: 'ffn',
	116: 'fqd',
	118: 'fqx',
	120: 'f',
	122: 'f',
}
/** Walks often, since they make the fids; a version seldom, since it takes them. */
const types = Object.keys(shapes)
	.map(Number)
	.flatMap((type) => (type === 100 ? [] : type === 110 ? Array.from({length: 8}, () => type) : [type]))

const words = [
	'',
	'.',
	'..',
	'/',
	'a',
	'b',
	'a/b',
	'../outside',
	'link',
	'fifo',
	'x\0y',
	'\xff\xfe',
	'n'.repeat(255),
	'n'.repeat(256),
	'9P2000.L',
]
const numbers = [
	0,
	1,
	2,
	7,
	0o777,
	0o644,
	0o100644,
	0o040755,
	0o102,
	0x200,
	4096,
	8192,
	65_536,
	2 ** 31 - 1,
	2 ** 31,
	2 ** 32 - 1,
]
const longNumbers = [
	0n,
	1n,
	2n,
	5n,
	100n,
	4096n,
	2n ** 31n,
	2n ** 32n,
	2n ** 40n,
	2n ** 53n - 1n,
	2n ** 53n,
	2n ** 63n - 1n,
	2n ** 63n,
	2n ** 64n - 1n,
]

function fieldsFor(shape: string, random: Random): Fields {
	const fields = new Fields()
	const word = () => (random.below(100) === 0 ? 'w'.repeat(random.below(60_000)) : random.pick(words))
	const number = () => (random.below(4) === 0 ? random.word() : random.pick(numbers))
	for (const field of shape) {
		if (field === 'f') fields.u32(random.below(30) === 0 ? random.word() : random.below(8))
		else if (field === 'd') fields.u32(number())
		else if (field === 'o') fields.u32(random.pick([0, 1, 2, 3, 0o102, 0o302, 0o1102, 0o2001, 0o200000, random.word()]))
		else if (field === 'q') fields.u64(random.below(4) === 0 ? random.bits(64) : random.pick(longNumbers))
		else if (field === 'w') fields.u16(random.below(4))
		else if (field === 'b') fields.u8(random.below(256))
		else if (field === 's') fields.string(word())
		else if (field === 'n') {
			const count = random.below(10) === 0 ? random.below(30) : random.below(4)
			fields.u16(count)
			for (let name = 0; name < count; name++) fields.string(word())
		} else {
			const length = random.below(3000)
			fields.u32(random.below(20) === 0 ? number() : length).bytes(Buffer.alloc(length, random.below(256)))
		}
	}
	return fields
}

function message(random: Random): Uint8Array {
	const type = random.below(100) === 0 ? random.below(256) : random.pick(types)
	const bytes = fieldsFor(shapes[type] ?? 'fsdq', random).message(type, random.below(4))
	switch (random.below(30)) {
		case 0:
			return bytes.subarray(0, random.below(bytes.length + 1))
		case 1:
			bytes[random.below(bytes.length)]! ^= 1 << random.below(8)
			return bytes
		case 2: {
			const noise = Uint8Array.from({length: random.below(100)}, () => random.below(256))
			return noise
		}
		default:
			return bytes
	}
}

function cut(bytes: Uint8Array, random: Random): Uint8Array[] {
	const pieces: Uint8Array[] = []
	for (let at = 0; at < bytes.length; ) {
		const end = random.below(3) === 0 ? at + random.below(20) : bytes.length
		pieces.push(bytes.subarray(at, end))
		at = end
	}
	return pieces
}

const messages = Number(process.env.FUZZ_MESSAGES ?? 10_000)
const edge = 0xa5

for (const [index, options] of [
	{},
	{readOnly: true},
	{waiting: 'pool', limits: {handles: 3, fids: 20, inFlight: 4}},
	{securityModel: 'none'},
].entries())
	test(`hostile messages get answers, do nothing outside, and stop nothing (${index})`, async (t) => {
		const seed =
			process.env.FUZZ_SEED === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(process.env.FUZZ_SEED)
		t.log(`seed ${seed}`)
		const random = new Random(seed)
		const base = mkdtempSync(join(tmpdir(), 'manyhart-9p-'))
		t.teardown(() => rmSync(base, {recursive: true, force: true}))
		const [folder, outside] = [join(base, 'folder'), join(base, 'outside')]
		mkdirSync(join(folder, 'a/b'), {recursive: true})
		mkdirSync(outside)
		writeFileSync(join(outside, 'secret'), 'secret')
		writeFileSync(join(folder, 'b'), 'contents')
		symlinkSync('../outside', join(folder, 'link'))
		const before = statSync(join(outside, 'secret'), {bigint: true})

		const {server, client, mistakes} = await share(t, {...(options as object), folder})
		const answers: Record<string, number> = {}
		const check = (length: Served, output: readonly Uint8Array[], guard: Uint8Array) => {
			if (length === 'malformed') return count('malformed')
			const bytes = Buffer.concat(output)
			t.true(length >= 7 && length <= bytes.length)
			t.is(bytes.readUInt32LE(), length)
			t.true(guard.every((byte) => byte === edge))
			count(bytes[4] === 7 ? `error ${bytes.readUInt32LE(7)}` : 'done')
		}
		const count = (what: string) => {
			answers[what] = (answers[what] ?? 0) + 1
		}
		for (let sent = 0; sent < messages; sent++) {
			// A session again, which a version ends.
			if (random.below(100) === 0) {
				await client.version(random.pick([4096, 8192, 2 ** 20]))
				await client.attach(random.below(3))
			}
			const room = random.below(10) === 0 ? random.below(40) : random.pick([160, 4096, 70_000])
			const memory = new Uint8Array(room + 64).fill(edge)
			const output = cut(memory.subarray(0, room), random)
			const guard = memory.subarray(room)
			const served = server.serve(cut(message(random), random), output)
			if (typeof served !== 'object') check(served, output, guard)
			else void served.then((length) => check(length, output, guard))
			if (random.below(20) === 0) await server.idle()
			t.true(server.counts.handles <= 2 ** 16)
			if (mistakes.length > 0) break
		}
		await server.idle()
		t.deepEqual(mistakes, [])
		t.log(answers)
		t.true(answers.done! > messages / 20)
		t.deepEqual(readdirSync(outside), ['secret'])
		t.is(readFileSync(join(outside, 'secret'), 'utf8'), 'secret')
		t.is(statSync(join(outside, 'secret'), {bigint: true}).ctimeNs, before.ctimeNs)
		t.deepEqual(readdirSync(base).sort(), ['folder', 'outside'])
		// It still serves, and has nothing open but the folder.
		await client.version()
		await client.attach()
		t.is((await client.getattr(0)).qid.type, 0x80)
		t.deepEqual(openFiles(base), [folder])
	})

test('a request that changes while it is read is one or another request, or none', async (t) => {
	const {server, client, folder, mistakes} = await share(t)
	mkdirSync(join(folder, 'a/b'), {recursive: true})
	const seed = Math.floor(Math.random() * 2 ** 32)
	t.log(`seed ${seed}`)
	const random = new Random(seed)
	const request = new Uint8Array(new SharedArrayBuffer(200))
	const stop = new Int32Array(new SharedArrayBuffer(4))
	const worker = new Worker(new URL('./scribbler.ts', import.meta.url), {workerData: {request, stop, seed}})
	const ended = once(worker, 'exit')
	await once(worker, 'online')
	let changed = 0
	try {
		for (let sent = 0; sent < messages; sent++) {
			if (random.below(100) === 0) {
				await client.version()
				await client.attach(random.below(3))
			}
			const bytes = message(random)
			request.set(bytes.subarray(0, request.length))
			const output = Buffer.alloc(4096, edge)
			const length = await server.serve([request], [output.subarray(0, 4000)])
			if (length !== 'malformed') t.is(output.readUInt32LE(), length)
			t.true(output.subarray(4000).every((byte) => byte === edge))
			if (!Buffer.from(request.subarray(0, bytes.length)).equals(bytes.subarray(0, request.length))) changed++
			if (mistakes.length > 0) break
		}
	} finally {
		// Publish. Pairs with the thread's load in each turn.
		Atomics.store(stop, 0, 1)
		await ended
	}
	t.log(`${changed} were changed`)
	t.deepEqual(mistakes, [])
})

/** @returns what this process has open under a folder. */
function openFiles(folder: string): string[] {
	return readdirSync('/proc/self/fd')
		.map((fd) => {
			try {
				return readlinkSync(`/proc/self/fd/${fd}`)
			} catch {
				return ''
			}
		})
		.filter((path) => path.startsWith(folder))
}
