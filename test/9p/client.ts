/** A small 9P2000.L client: one method a message, as net/9p/client.c of Linux sends them. */
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {ExecutionContext} from 'ava'
import {Server, type ServerOptions} from '../../src/9p/index.ts'

export class Rlerror extends Error {
	readonly errno: number

	constructor(errno: number) {
		super(`errno ${errno}`)
		this.errno = errno
	}
}

export type Qid = Readonly<{type: number; version: number; path: bigint}>
export type Entry = Readonly<{qid: Qid; offset: bigint; type: number; name: string}>
export type Time = Readonly<{seconds: bigint; nanoseconds: bigint}>

/** A request's fields, little-endian; strings are byte strings. */
export class Fields {
	readonly #parts: Buffer[] = []

	u8(value: number): this {
		this.#parts.push(Buffer.of(value))
		return this
	}

	u16(value: number): this {
		const part = Buffer.alloc(2)
		part.writeUInt16LE(value)
		this.#parts.push(part)
		return this
	}

	u32(value: number): this {
		const part = Buffer.alloc(4)
		part.writeUInt32LE(value >>> 0)
		this.#parts.push(part)
		return this
	}

	u64(value: bigint | number): this {
		const part = Buffer.alloc(8)
		part.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)))
		this.#parts.push(part)
		return this
	}

	string(value: string): this {
		return this.u16(value.length).bytes(Buffer.from(value, 'latin1'))
	}

	bytes(value: Uint8Array): this {
		this.#parts.push(Buffer.from(value))
		return this
	}

	message(type: number, tag: number): Uint8Array {
		const body = Buffer.concat(this.#parts)
		const head = Buffer.alloc(7)
		head.writeUInt32LE(7 + body.length)
		head.writeUInt8(type, 4)
		head.writeUInt16LE(tag, 5)
		return Buffer.concat([head, body])
	}
}

class Answer {
	readonly bytes: Buffer
	#at = 7

	constructor(bytes: Uint8Array) {
		this.bytes = Buffer.from(bytes)
	}

	get left(): number {
		return this.bytes.length - this.#at
	}

	u8 = () => this.bytes.readUInt8(this.#skip(1))
	u16 = () => this.bytes.readUInt16LE(this.#skip(2))
	u32 = () => this.bytes.readUInt32LE(this.#skip(4))
	u64 = () => this.bytes.readBigUInt64LE(this.#skip(8))
	qid = (): Qid => ({type: this.u8(), version: this.u32(), path: this.u64()})
	time = (): Time => ({seconds: BigInt.asIntN(64, this.u64()), nanoseconds: this.u64()})

	string(): string {
		const length = this.u16()
		const at = this.#skip(length)
		return this.bytes.toString('latin1', at, at + length)
	}

	data(length: number): Buffer {
		const at = this.#skip(length)
		return this.bytes.subarray(at, at + length)
	}

	#skip(length: number): number {
		const at = this.#at
		this.#at += length
		return at
	}
}

export type SetAttributes = Readonly<{
	mode?: number
	uid?: number
	gid?: number
	size?: bigint | number
	accessTime?: Time | 'now'
	modificationTime?: Time | 'now'
	changeTime?: true
}>

export class Client {
	readonly server: Server
	readonly rootFid = 0
	#tag = 0
	#nextFid = 10_000

	constructor(server: Server) {
		this.server = server
	}

	newFid(): number {
		return this.#nextFid++
	}

	/** Sends a request, and takes the answer apart. @throws Rlerror */
	async call(type: number, fields: Fields, {room = 2 ** 20}: {room?: number} = {}): Promise<Answer> {
		const tag = this.#tag++ & 0x7fff
		const output = new Uint8Array(room)
		const length = await this.server.serve([fields.message(type, tag)], [output])
		if (length === 'malformed') throw new Error('malformed')
		const answer = new Answer(output.subarray(0, length))
		if (answer.bytes.readUInt32LE() !== length) throw new Error('an answer of a wrong size')
		if (answer.bytes.readUInt16LE(5) !== tag) throw new Error('an answer with a wrong tag')
		const got = answer.bytes.readUInt8(4)
		if (got === 7) throw new Rlerror(answer.u32())
		if (got !== type + 1) throw new Error(`an answer of type ${got} to ${type}`)
		return answer
	}

	async version(messageSize = 2 ** 20, version = '9P2000.L') {
		const answer = await this.call(100, new Fields().u32(messageSize).string(version))
		return {messageSize: answer.u32(), version: answer.string()}
	}

	async attach(fid = this.rootFid, uid = 0): Promise<Qid> {
		const fields = new Fields().u32(fid).u32(0xffff_ffff).string('root').string('').u32(uid)
		return (await this.call(104, fields)).qid()
	}

	async walk(fid: number, newFid: number, ...names: readonly string[]): Promise<Qid[]> {
		const fields = new Fields().u32(fid).u32(newFid).u16(names.length)
		for (const name of names) fields.string(name)
		const answer = await this.call(110, fields)
		return Array.from({length: answer.u16()}, () => answer.qid())
	}

	/** @returns a new fid of a path from the root. @throws Rlerror; if the walk ends early, ENOENT. */
	async find(path: string): Promise<number> {
		const names = path.split('/').filter((name) => name !== '')
		let fid = this.rootFid
		for (let at = 0; at === 0 || at < names.length; at += 16) {
			const some = names.slice(at, at + 16)
			const next = this.newFid()
			const qids = await this.walk(fid, next, ...some).finally(() => (at > 0 ? this.clunk(fid) : undefined))
			if (qids.length < some.length) throw new Rlerror(2)
			fid = next
		}
		return fid
	}

	async clunk(fid: number): Promise<void> {
		await this.call(120, new Fields().u32(fid))
	}

	async remove(fid: number): Promise<void> {
		await this.call(122, new Fields().u32(fid))
	}

	async open(fid: number, flags = 0) {
		const answer = await this.call(12, new Fields().u32(fid).u32(flags))
		return {qid: answer.qid(), unit: answer.u32()}
	}

	async create(fid: number, name: string, {flags = 2, mode = 0o644, gid = 0} = {}) {
		const answer = await this.call(14, new Fields().u32(fid).string(name).u32(flags).u32(mode).u32(gid))
		return {qid: answer.qid(), unit: answer.u32()}
	}

	async symlink(fid: number, name: string, target: string): Promise<Qid> {
		return (await this.call(16, new Fields().u32(fid).string(name).string(target).u32(0))).qid()
	}

	async mknod(fid: number, name: string, mode: number): Promise<Qid> {
		return (await this.call(18, new Fields().u32(fid).string(name).u32(mode).u32(1).u32(3).u32(0))).qid()
	}

	async rename(fid: number, folder: number, name: string): Promise<void> {
		await this.call(20, new Fields().u32(fid).u32(folder).string(name))
	}

	async readlink(fid: number): Promise<string> {
		return (await this.call(22, new Fields().u32(fid))).string()
	}

	async getattr(fid: number, mask = 0x3fff) {
		const answer = await this.call(24, new Fields().u32(fid).u64(mask))
		return {
			valid: answer.u64(),
			qid: answer.qid(),
			mode: answer.u32(),
			uid: answer.u32(),
			gid: answer.u32(),
			links: answer.u64(),
			device: answer.u64(),
			size: answer.u64(),
			blockSize: answer.u64(),
			blocks: answer.u64(),
			accessTime: answer.time(),
			modificationTime: answer.time(),
			changeTime: answer.time(),
			birthTime: answer.time(),
			generation: answer.u64(),
			dataVersion: answer.u64(),
		}
	}

	async setattr(fid: number, set: SetAttributes): Promise<void> {
		const none = {seconds: 0n, nanoseconds: 0n}
		const given = (time: Time | 'now' | undefined) => (time === 'now' || time === undefined ? none : time)
		const bits = (time: Time | 'now' | undefined, set: number, given: number) =>
			time === undefined ? 0 : time === 'now' ? set : set | given
		const valid =
			(set.mode === undefined ? 0 : 1) |
			(set.uid === undefined ? 0 : 2) |
			(set.gid === undefined ? 0 : 4) |
			(set.size === undefined ? 0 : 8) |
			bits(set.accessTime, 0x10, 0x80) |
			bits(set.modificationTime, 0x20, 0x100) |
			(set.changeTime ? 0x40 : 0)
		const fields = new Fields()
			.u32(fid)
			.u32(valid)
			.u32(set.mode ?? 0)
		fields.u32(set.uid ?? 0xffff_ffff).u32(set.gid ?? 0xffff_ffff)
		fields.u64(set.size ?? 0)
		for (const time of [given(set.accessTime), given(set.modificationTime)])
			fields.u64(time.seconds).u64(time.nanoseconds)
		await this.call(26, fields)
	}

	async readdir(fid: number, offset: bigint | number, count = 65_536): Promise<Entry[]> {
		const answer = await this.call(40, new Fields().u32(fid).u64(offset).u32(count))
		if (answer.u32() !== answer.left) throw new Error('a wrong count of bytes')
		const entries: Entry[] = []
		while (answer.left > 0)
			entries.push({qid: answer.qid(), offset: answer.u64(), type: answer.u8(), name: answer.string()})
		return entries
	}

	/** All names of an open directory. */
	async list(fid: number, count?: number): Promise<Entry[]> {
		const all: Entry[] = []
		for (let offset = 0n; ; offset = all.at(-1)!.offset) {
			const some = await this.readdir(fid, offset, count)
			if (some.length === 0) return all
			all.push(...some)
		}
	}

	async fsync(fid: number, contentsOnly = 0): Promise<void> {
		await this.call(50, new Fields().u32(fid).u32(contentsOnly))
	}

	async lock(fid: number, flags = 0): Promise<number> {
		const fields = new Fields().u32(fid).u8(1).u32(flags).u64(0).u64(0).u32(7).string('guest')
		return (await this.call(52, fields)).u8()
	}

	async getlock(fid: number) {
		const answer = await this.call(54, new Fields().u32(fid).u8(1).u64(3).u64(4).u32(7).string('guest'))
		return {type: answer.u8(), start: answer.u64(), length: answer.u64(), process: answer.u32(), id: answer.string()}
	}

	async link(folder: number, fid: number, name: string): Promise<void> {
		await this.call(70, new Fields().u32(folder).u32(fid).string(name))
	}

	async mkdir(fid: number, name: string, mode = 0o755): Promise<Qid> {
		return (await this.call(72, new Fields().u32(fid).string(name).u32(mode).u32(0))).qid()
	}

	async renameat(oldFolder: number, oldName: string, newFolder: number, newName: string): Promise<void> {
		await this.call(74, new Fields().u32(oldFolder).string(oldName).u32(newFolder).string(newName))
	}

	async unlinkat(folder: number, name: string, flags = 0): Promise<void> {
		await this.call(76, new Fields().u32(folder).string(name).u32(flags))
	}

	async statfs(fid: number) {
		const answer = await this.call(8, new Fields().u32(fid))
		return {
			type: answer.u32(),
			blockSize: answer.u32(),
			blocks: answer.u64(),
			free: answer.u64(),
			available: answer.u64(),
			files: answer.u64(),
			freeFiles: answer.u64(),
			id: answer.u64(),
			longestName: answer.u32(),
		}
	}

	async read(fid: number, offset: bigint | number, count: number): Promise<Buffer> {
		const answer = await this.call(116, new Fields().u32(fid).u64(offset).u32(count))
		return answer.data(answer.u32())
	}

	async write(fid: number, offset: bigint | number, data: Uint8Array | string): Promise<number> {
		const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data
		return (await this.call(118, new Fields().u32(fid).u64(offset).u32(bytes.length).bytes(bytes))).u32()
	}
}

export type Share = {folder: string; client: Client; server: Server; mistakes: unknown[]}

/** A server on a new folder, and a client that has attached to it. The test fails if the server makes a mistake. */
export async function share(t: ExecutionContext, options: Partial<ServerOptions> = {}): Promise<Share> {
	const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'manyhart-9p-'))
	const mistakes: unknown[] = []
	const server = new Server({...options, folder, onMistake: (error) => mistakes.push(error)})
	t.teardown(async () => {
		await server.idle()
		server.close()
		if (options.folder === undefined) rmSync(folder, {recursive: true, force: true})
		if (mistakes.length > 0) throw mistakes[0]
	})
	const client = new Client(server)
	await client.version()
	await client.attach()
	return {folder, client, server, mistakes}
}

export async function fails(t: ExecutionContext, promise: Promise<unknown>, errno: number): Promise<void> {
	const error = await t.throwsAsync(promise, {instanceOf: Rlerror})
	t.is(error?.errno, errno)
}
