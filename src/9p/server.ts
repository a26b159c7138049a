/** A 9P2000.L server: a request's bytes in, its answer's bytes out, of as many requests at once as the client likes. */
import {getAttributes, readLink, setAttributes, statFileSystem} from './attribute-operations.ts'
import {read, readFolder, synchronize, write} from './content-operations.ts'
import {create, makeFolder, makeHardLink, makeLink, makeNode} from './create-operations.ts'
import {descriptorLimit} from './descriptor-limit.ts'
import {Errno, errnoOf, Refusal} from './errno.ts'
import {attach, clunk, getLock, lock, noExtendedAttributes, open, walk} from './fid-operations.ts'
import {MessageReader} from './message-reader.ts'
import {MessageWriter} from './message-writer.ts'
import {headerBytes, Message, Rlerror, smallestMessage} from './messages.ts'
import {remove, rename, renameAt, unlinkAt} from './name-operations.ts'
import {gather, lengthOf, type Pieces} from './pieces.ts'
import {type Answer, type Call, type FolderOptions, type Limits, type Operation, Session} from './session.ts'

export type ServerOptions = Readonly<
	Partial<Omit<FolderOptions, 'folder' | 'limits'>> & {
		folder: string
		limits?: Partial<Limits>
		/** Told of an error that neither the host nor the server reports on purpose: a mistake of ours. The client gets EIO. */
		onMistake?: (error: unknown) => void
	}
>

/**
 * Bytes written into the answer's pieces. `malformed`: the request has no header, or its answer no room; what carries the messages is
 * broken, as after QEMU's virtio_error().
 */
export type Served = number | 'malformed'

/** @returns whether it ran. */
export type Access = (body: () => void) => boolean

const always: Access = (body) => {
	body()
	return true
}

const defaultLimits: Omit<Limits, 'handles' | 'openFiles'> = {
	messageSize: 2 ** 20,
	fids: 2 ** 20,
	listedNames: 2 ** 22,
	inFlight: 64,
}

type Row = Readonly<{serve: Operation; changes?: true}>

const operations = new Map<number, Row>([
	[Message.Tstatfs, {serve: statFileSystem}],
	[Message.Tlopen, {serve: open}],
	[Message.Tlcreate, {serve: create, changes: true}],
	[Message.Tsymlink, {serve: makeLink, changes: true}],
	[Message.Tmknod, {serve: makeNode, changes: true}],
	[Message.Trename, {serve: rename, changes: true}],
	[Message.Treadlink, {serve: readLink}],
	[Message.Tgetattr, {serve: getAttributes}],
	[Message.Tsetattr, {serve: setAttributes, changes: true}],
	[Message.Txattrwalk, {serve: noExtendedAttributes}],
	[Message.Txattrcreate, {serve: noExtendedAttributes, changes: true}],
	[Message.Treaddir, {serve: readFolder}],
	[Message.Tfsync, {serve: synchronize}],
	[Message.Tlock, {serve: lock}],
	[Message.Tgetlock, {serve: getLock}],
	[Message.Tlink, {serve: makeHardLink, changes: true}],
	[Message.Tmkdir, {serve: makeFolder, changes: true}],
	[Message.Trenameat, {serve: renameAt, changes: true}],
	[Message.Tunlinkat, {serve: unlinkAt, changes: true}],
	[Message.Tattach, {serve: attach}],
	[Message.Twalk, {serve: walk}],
	[Message.Tread, {serve: read}],
	[Message.Twrite, {serve: write, changes: true}],
	[Message.Tclunk, {serve: clunk}],
	[Message.Tremove, {serve: remove, changes: true}],
])

const protocol = '9P2000.L'
/** fid[4] offset[8] count[4] behind the header: what is copied of a Twrite before its contents. */
const writeFields = headerBytes + 16
const errorBytes = headerBytes + 4

export class Server {
	readonly #session: Session
	readonly #onMistake: (error: unknown) => void
	readonly #request: MessageReader
	readonly #head: Uint8Array
	readonly #reply = new MessageWriter()
	/** Requests that are not answered yet, by tag. */
	readonly #pending = new Map<number, Promise<unknown>>()
	readonly #limits: Limits
	#agreed = false

	/** @throws UserError if the folder cannot be shared. */
	constructor({
		readOnly = false,
		securityModel = 'user',
		multidevs = 'remap',
		waiting = 'adaptive',
		onMistake = () => {},
		limits,
		folder,
	}: ServerOptions) {
		const descriptors = Math.max(16, Math.floor(descriptorLimit() / 4))
		this.#limits = {...defaultLimits, handles: descriptors, openFiles: descriptors, ...limits}
		this.#session = new Session({folder, readOnly, securityModel, multidevs, waiting, limits: this.#limits})
		this.#onMistake = onMistake
		this.#request = new MessageReader(this.#limits.messageSize)
		this.#head = this.#request.bytes.subarray(0, writeFields)
	}

	/** Fids of the client, and descriptors that are open for them: for tests and statistics. */
	get counts(): Readonly<{fids: number; handles: number; openHandles: number; pending: number}> {
		const {fidCount, handles} = this.#session
		return {fids: fidCount, handles: handles.size, openHandles: handles.openCount, pending: this.#session.pending}
	}

	/**
	 * Serves one request. Most are answered at once; others, such as fsync, by a promise that is never rejected, while further
	 * requests are served.
	 * @param access runs what writes into the answer's pieces later. It returns whether it did: not if they are no longer the
	 * server's. Within serve() itself both messages' pieces are.
	 * Whoever gets a promise must pass its answer on in its first reaction to it: a flush of the request is answered in the next.
	 */
	serve(request: Pieces, output: Pieces, access: Access = always): Served | Promise<Served> {
		const available = lengthOf(request)
		const room = Math.min(lengthOf(output), this.#session.messageSize)
		if (available < headerBytes || room < errorBytes) return 'malformed'
		gather(request, this.#head)
		const reader = this.#request
		reader.limit(0, headerBytes)
		// Read once: the guest may change them at any time.
		const size = reader.u32()
		const type = reader.u8()
		const tag = reader.u16()
		const call: Call = {
			request: reader,
			reply: this.#reply.begin(),
			input: request,
			inputLength: size - writeFields,
			output,
			room,
		}
		const place = {type, tag, output, room}
		try {
			if (size < headerBytes || size > available) throw new Refusal('EINVAL')
			if (size > this.#session.messageSize) throw new Refusal('EMSGSIZE')
			if (type === Message.Twrite) reader.limit(headerBytes, Math.min(size, writeFields))
			else {
				if (size > writeFields) gather(request, reader.bytes.subarray(0, size))
				reader.limit(headerBytes, size)
			}
			const later = this.#dispatch(type, call)
			return later === undefined ? this.#finish(place) : this.#finishLater(place, later, access)
		} catch (error) {
			return this.#fail(place, error)
		}
	}

	/** When all requests are answered. */
	async idle(): Promise<void> {
		while (this.#pending.size > 0) await Promise.all(this.#pending.values())
	}

	/** Forgets the client, as when its device is reset. Requests that are under way are still answered. */
	reset(): void {
		this.#agreed = false
		this.#session.clunkAll()
		this.#session.messageSize = this.#limits.messageSize
	}

	/** Closes all files. No request may be served afterwards. */
	close(): void {
		this.#agreed = false
		this.#session.close()
	}

	#dispatch(type: number, call: Call): undefined | Promise<Answer> {
		if (type === Message.Tversion) return this.#version(call)
		if (type === Message.Tflush) return this.#flush(call)
		const row = operations.get(type)
		if (row === undefined) throw new Refusal('EOPNOTSUPP')
		if (!this.#agreed) throw new Refusal('EPROTO')
		if (row.changes && this.#session.readOnly) throw new Refusal('EROFS')
		this.#session.handles.makeRoom()
		return row.serve(this.#session, call)
	}

	/** Begins a session: all fids of an earlier one are clunked. */
	#version({request, reply}: Call): undefined {
		const size = request.u32()
		const version = request.string()
		this.reset()
		if (size < smallestMessage) throw new Refusal('EMSGSIZE')
		const messageSize = Math.min(size, this.#limits.messageSize)
		this.#agreed = version === protocol
		if (this.#agreed) this.#session.messageSize = messageSize
		reply.u32(messageSize).string(this.#agreed ? protocol : 'unknown')
	}

	/** Answered after the request that it flushes, which is not broken off: the host may have done it already. */
	#flush({request}: Call): undefined | Promise<Answer> {
		return this.#pending.get(request.u16())?.then(() => () => {})
	}

	#finish({type, tag, output, room}: Place): number {
		if (this.#reply.length > room) return this.#fail({type, tag, output, room}, new Refusal('EMSGSIZE'))
		return this.#reply.end(type + 1, tag, output)
	}

	#finishLater(place: Place, later: Promise<Answer>, access: Access): Promise<number> {
		const earlier = this.#pending.get(place.tag)
		const write = (body: () => number): number => {
			let length = 0
			const done = access(() => {
				length = body()
			})
			return done ? length : 0
		}
		const served = later.then(
			(answer) =>
				write(() => {
					try {
						answer(this.#reply.begin())
						return this.#finish(place)
					} catch (error) {
						return this.#fail(place, error)
					}
				}),
			(error) => write(() => this.#fail(place, error)),
		)
		this.#session.pending++
		// A client may use a tag twice, against the rules: then a flush waits for both.
		const pending: Promise<unknown> = earlier === undefined ? served : Promise.all([earlier, served])
		this.#pending.set(place.tag, pending)
		void served.then(() => this.#session.pending--)
		void pending.then(() => {
			if (this.#pending.get(place.tag) === pending) this.#pending.delete(place.tag)
		})
		return served
	}

	#fail({tag, output}: Place, error: unknown): number {
		const errno = errnoOf(error)
		if (errno === undefined) this.#onMistake(error)
		return this.#reply
			.begin()
			.u32(errno ?? Errno.EIO)
			.end(Rlerror, tag, output)
	}
}

type Place = Readonly<{type: number; tag: number; output: Pieces; room: number}>
