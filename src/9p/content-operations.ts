/** Operations on open files: read, write, fsync, and the list of a directory. */
import {lstatSync} from 'node:fs'
import {Refusal} from './errno.ts'
import {childPath, type Handle} from './handles.ts'
import type {ByteString} from './message-reader.ts'
import {FileType, headerBytes} from './messages.ts'
import type {OpenFile} from './open-files.ts'
import {gather, lengthOf, scatter, slice} from './pieces.ts'
import type {Answer, Call, Operation, Session} from './session.ts'

/** Where the contents of an Rread or the entries of an Rreaddir begin: behind their count. */
const answerContents = headerBytes + 4

export const read: Operation = (session, {request, reply, output, room}) => {
	const {file} = session.fid(request.u32(), 'EINVAL')
	const position = request.fileOffset('EINVAL')
	const count = request.u32()
	if (file === undefined) throw new Refusal('EINVAL')
	if (file.kind === 'folder') throw new Refusal('EOPNOTSUPP')
	// Straight into the answer.
	const parts = slice(output, answerContents, Math.min(count, room - answerContents))
	if (parts.length === 0) return answerCount(0, reply)
	if (session.waitsHere())
		return answerCount(
			session.pace.timed(() => file.read(parts, position)),
			reply,
		)
	// Through memory of the server's own: by then the pieces may be no longer its.
	return file.readLater(lengthOf(parts), position).then((bytes) => (later) => {
		scatter(bytes, parts)
		answerCount(bytes.length, later)
	})
}

function answerCount(bytes: number, reply: Call['reply']): undefined {
	reply.u32(bytes).inPlace(bytes)
}

export const write: Operation = (session, {request, reply, input, inputLength}) => {
	const {file} = session.fid(request.u32(), 'EINVAL')
	const position = request.fileOffset('EFBIG')
	const count = request.u32()
	if (file === undefined || file.kind === 'folder') throw new Refusal('EINVAL')
	if (count > inputLength) throw new Refusal('EINVAL')
	if (!file.writable) throw new Refusal('EBADF')
	const parts = slice(input, request.at, count)
	if (lengthOf(parts) < count) throw new Refusal('EINVAL')
	if (count === 0) {
		reply.u32(0)
		return undefined
	}
	if (!session.waitsHere()) {
		const bytes = new Uint8Array(count)
		gather(parts, bytes)
		return file.writeLater(bytes, position).then((done) => (later) => void later.u32(done))
	}
	reply.u32(session.pace.timed(() => file.write(parts, position)))
	return undefined
}

const nothing: Answer = () => {}

export const synchronize: Operation = (session, {request}) => {
	const {file} = session.fid(request.u32())
	const contentsOnly = request.u32() !== 0
	// Linux synchronizes only what it has opened.
	if (file === undefined) throw new Refusal('EBADF')
	if (session.pending >= session.limits.inFlight) {
		file.synchronizeHere(contentsOnly ? 'contents' : 'all')
		return undefined
	}
	return file.synchronize(contentsOnly ? 'contents' : 'all').then(() => nothing)
}

/**
 * Entries from an offset on, as many as fit. The list is read once, at offset 0; an entry's offset is its place in it, so all offsets stay
 * valid until the client begins anew. Entries are what they are now; those that are gone are left out.
 */
export const readFolder: Operation = (session, {request, reply, room}) => {
	const fid = session.fid(request.u32(), 'EINVAL')
	const offset = request.fileOffset('EINVAL')
	const count = request.u32()
	const {file, handle} = fid
	if (file?.kind !== 'folder') throw new Refusal('EINVAL')
	const names = offset === 0 || file.names === undefined ? session.list(file) : file.names
	const end = answerContents + Math.min(count, room - answerContents)
	reply.u32(0)
	for (let at = offset; at < names.length + dots.length; at++) {
		const name = dots[at] ?? (names[at - dots.length] as ByteString)
		if (reply.length + entryBytes + name.length > end) {
			// An empty answer would be the end of the directory.
			if (reply.length === answerContents) throw new Refusal('EINVAL')
			break
		}
		const stat = name === '..' ? parentStat(session, handle) : entryStat(file, name)
		if (stat === undefined) continue
		reply
			.qid(session.qid(stat))
			.u64(BigInt(at + 1))
			.u8((Number(stat.mode) & FileType.mask) >> 12)
			.string(name)
	}
	reply.patch(headerBytes, reply.length - answerContents)
	return undefined
}

/** The first entries of each list; Node leaves them out. */
const dots: readonly ByteString[] = ['.', '..']
/** qid[13] offset[8] type[1], and the length of the name. */
const entryBytes = 24

function entryStat(file: OpenFile, name: ByteString) {
	return lstatSync(childPath(file.descriptor, name), {bigint: true, throwIfNoEntry: false})
}

/** Of a parent that is not where it was, nothing is known. */
function parentStat({handles}: Session, handle: Handle) {
	try {
		return handles.stat(handle.parent ?? handle)
	} catch {
		return undefined
	}
}
