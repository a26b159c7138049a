/** What the operations of one client work on: its fids, and the folder. */
import {type BigIntStats, closeSync, fstatSync} from 'node:fs'
import {Pace, type Waiting} from '../pace.ts'
import {Refusal} from './errno.ts'
import {type Handle, Handles, isComponent, isName} from './handles.ts'
import type {ByteString, MessageReader} from './message-reader.ts'
import type {MessageWriter, Qid} from './message-writer.ts'
import {contentsHeaderBytes, noFid} from './messages.ts'
import {OpenFile} from './open-files.ts'
import {Ownership, type SecurityModel} from './ownership.ts'
import type {Pieces} from './pieces.ts'
import {type Multidevs, Qids} from './qids.ts'

export type FolderOptions = Readonly<{
	folder: string
	readOnly: boolean
	securityModel: SecurityModel
	multidevs: Multidevs
	waiting: Waiting
	limits: Limits
}>

/** Bounds on what a client can make the host keep. */
export type Limits = Readonly<{
	/** The largest message, bytes. */
	messageSize: number
	fids: number
	/** Descriptors of files that fids refer to; beyond, they are closed and opened again when needed. */
	handles: number
	/** Files and directories that fids have opened. */
	openFiles: number
	/** Names in all lists of open directories. */
	listedNames: number
	/** Calls at once on Node's pool. */
	inFlight: number
}>

/** What a fid refers to, and what it has opened. */
export type Fid = {handle: Handle; file: OpenFile | undefined; readonly uid: number}

/** One request: its fields, and where contents go to or come from. Not to be used after the first await. */
export type Call = Readonly<{
	request: MessageReader
	reply: MessageWriter
	/** Contents of a Twrite. */
	input: Pieces
	inputLength: number
	/** The whole answer. */
	output: Pieces
	/** The largest answer, bytes. */
	room: number
}>

/** Writes the fields of an answer whose request was not answered at once. */
export type Answer = (reply: MessageWriter) => void
export type Operation = (session: Session, call: Call) => undefined | Promise<Answer>

export class Session {
	readonly handles: Handles
	readonly qids: Qids
	readonly ownership: Ownership
	readonly readOnly: boolean
	readonly limits: Limits
	readonly pace: Pace
	/** The largest message that both agreed on. */
	messageSize: number
	readonly #fids = new Map<number, Fid>()
	/** Requests that are not answered yet. */
	pending = 0
	#openFiles = 0
	#listedNames = 0

	/** @throws UserError if there is no such folder. */
	constructor(options: FolderOptions) {
		this.handles = new Handles(options.folder, {open: options.limits.handles, all: 2 * options.limits.fids})
		this.qids = new Qids(this.handles.root.device, options.multidevs)
		this.ownership = new Ownership(options.securityModel)
		this.readOnly = options.readOnly
		this.limits = options.limits
		this.pace = new Pace(options.waiting)
		this.messageSize = options.limits.messageSize
	}

	get fidCount(): number {
		return this.#fids.size
	}

	/** @param missing QEMU answers one or the other, by the request. @throws Refusal */
	fid(number: number, missing: 'ENOENT' | 'EINVAL' = 'ENOENT'): Fid {
		const fid = this.#fids.get(number)
		if (fid === undefined) throw new Refusal(missing)
		return fid
	}

	/** @throws Refusal if the number cannot be a new fid. */
	checkNewFid(number: number): void {
		if (number === noFid || this.#fids.has(number)) throw new Refusal('EINVAL')
		if (this.#fids.size >= this.limits.fids) throw new Refusal('ENFILE')
	}

	/** Takes over the caller's reference. */
	addFid(number: number, handle: Handle, uid: number): void {
		this.#fids.set(number, {handle, file: undefined, uid})
	}

	clunk(number: number): void {
		const fid = this.fid(number)
		this.#fids.delete(number)
		this.#drop(fid)
	}

	clunkAll(): void {
		for (const fid of this.#fids.values()) this.#drop(fid)
		this.#fids.clear()
	}

	close(): void {
		this.clunkAll()
		this.handles.close()
	}

	/** @throws Refusal if no more files may be open. */
	checkOpenFiles(): void {
		if (this.#openFiles >= this.limits.openFiles) throw new Refusal('ENFILE')
	}

	/** Gives a fid the file that was opened for it, or closes it again. */
	setFile(fid: Fid, descriptor: number, how: {kind: OpenFile['kind']; writable: boolean}): void {
		fid.file = new OpenFile(descriptor, how.kind, how.writable)
		this.#openFiles++
	}

	/** Reads a directory from its start, within the bound on all lists. */
	list(file: OpenFile): readonly ByteString[] {
		this.#listedNames -= file.names?.length ?? 0
		file.names = undefined
		const names = file.list()
		if (this.#listedNames + names.length > this.limits.listedNames) {
			file.names = undefined
			throw new Refusal('ENOMEM')
		}
		this.#listedNames += names.length
		return names
	}

	/** By the open file if there is one: it is there even after its last name is gone. */
	stat({handle, file}: Fid): BigIntStats {
		return file === undefined ? this.handles.stat(handle) : fstatSync(file.descriptor, {bigint: true})
	}

	/** Whether contents are waited for on this thread: they are quick, or too many calls wait on Node's pool. */
	waitsHere(): boolean {
		return this.pending >= this.limits.inFlight || this.pace.inline()
	}

	/** A path that leads to the fid's file itself. */
	path({handle, file}: Fid): string {
		return file === undefined ? this.handles.path(handle) : `/proc/self/fd/${file.descriptor}`
	}

	qid(stat: BigIntStats): Qid {
		return this.qids.of(stat)
	}

	/** The contents of one message, in whole blocks. QEMU's get_iounit(). */
	inputOutputUnit(blockSize = 4096): number {
		const contents = this.messageSize - contentsHeaderBytes
		return blockSize > 0 && blockSize <= contents ? contents - (contents % blockSize) : contents
	}

	#drop({handle, file}: Fid): void {
		if (file !== undefined) {
			this.#openFiles--
			this.#listedNames -= file.names?.length ?? 0
			file.close()
		}
		this.handles.release(handle)
	}
}

/** A name that is to be made, or to be removed. @param dots what QEMU answers for `.` and `..`. @throws Refusal */
export function checkName(name: ByteString, dots: 'EEXIST' | 'EISDIR'): ByteString {
	if (!isComponent(name)) throw new Refusal('ENOENT')
	if (!isName(name)) throw new Refusal(dots)
	return name
}

/** Runs `use` with a descriptor, which is closed if it throws. */
export function closeOnError<Result>(descriptor: number, use: () => Result): Result {
	try {
		return use()
	} catch (error) {
		closeSync(descriptor)
		throw error
	}
}
