/** Operations that make names: lcreate, mkdir, symlink, mknod, link. */
import {
	type BigIntStats,
	chmodSync,
	closeSync,
	constants,
	fchmodSync,
	fstatSync,
	linkSync,
	lstatSync,
	mkdirSync,
	openSync,
	symlinkSync,
	unlinkSync,
} from 'node:fs'
import {hasErrno, Refusal} from './errno.ts'
import {hostFlags, isWritable} from './fid-operations.ts'
import {type Handle, toHost} from './handles.ts'
import type {ByteString} from './message-reader.ts'
import {FileType, OpenFlag} from './messages.ts'
import {type Answer, checkName, closeOnError, type Operation, type Session} from './session.ts'
import {makeSpecialFile} from './special-files.ts'

/** Where something is made, by whom, and with which group and mode. */
type Made = Readonly<{folder: Handle; name: ByteString; uid: number; gid: number; mode: number | undefined}>

const permissionBits = 0o7777
/** Until owner and mode are set. */
const firstMode = (mode: number): number => mode & 0o777

/** Creates a file and opens it; one that is there already is opened, unless the client wants it to be new. */
export const create: Operation = (session, {request, reply}) => {
	const fid = session.fid(request.u32())
	const name = checkName(request.string(), 'EEXIST')
	const flags = request.u32()
	const mode = request.u32()
	const gid = request.u32()
	if (fid.file !== undefined) throw new Refusal('EINVAL')
	session.checkOpenFiles()
	const {handles} = session
	const folder = fid.handle
	const made = {folder, name, uid: fid.uid, gid, mode: session.ownership.mode(mode, 'other')}
	const {descriptor, isNew} = openOrCreate(session, made, flags)
	closeOnError(descriptor, () => {
		const stat = fstatSync(descriptor, {bigint: true})
		if (isNew) setUp(session, made, {path: `/proc/self/fd/${descriptor}`, descriptor, stat})
		reply.qid(session.qid(stat)).u32(session.inputOutputUnit())
		fid.handle = handles.adopt(folder, name, stat)
	})
	handles.release(folder)
	session.setFile(fid, descriptor, {kind: 'file', writable: isWritable(flags)})
	return undefined
}

function openOrCreate({handles}: Session, {folder, name, mode}: Made, flags: number) {
	// Another process may remove and make the name in turn; not for ever.
	for (let attempt = 0; attempt < 10; attempt++) {
		const path = handles.childPath(folder, name)
		try {
			const exclusive = constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
			return {descriptor: openSync(path, hostFlags(flags) | exclusive, firstMode(mode as number)), isNew: true}
		} catch (error) {
			if (flags & OpenFlag.exclusive || !hasErrno(error, 'EEXIST')) throw error
		}
		// Looked at before it is opened: it may be a link, a device or a fifo.
		try {
			const {handle} = handles.walk(folder, name)
			try {
				if (handle.kind === 'folder') throw new Refusal('EISDIR')
				if (handle.kind === 'link') throw new Refusal('ELOOP')
				if (handle.kind === 'special') throw new Refusal('ENXIO')
				return {descriptor: openSync(handles.path(handle), hostFlags(flags)), isNew: false}
			} finally {
				handles.release(handle)
			}
		} catch (error) {
			if (!hasErrno(error, 'ENOENT')) throw error
		}
	}
	throw new Refusal('EIO')
}

export const makeFolder: Operation = (session, {request, reply}) => {
	const fid = session.fid(request.u32())
	const name = checkName(request.string(), 'EEXIST')
	const mode = session.ownership.mode(request.u32(), 'folder')
	const made = {folder: fid.handle, name, uid: fid.uid, gid: request.u32(), mode}
	mkdirSync(session.handles.childPath(fid.handle, name), firstMode(mode))
	reply.qid(session.qid(setUpByName(session, made)))
	return undefined
}

export const makeLink: Operation = (session, {request, reply}) => {
	const fid = session.fid(request.u32(), 'EINVAL')
	const name = checkName(request.string(), 'EEXIST')
	const target = request.string()
	const made = {folder: fid.handle, name, uid: fid.uid, gid: request.u32(), mode: undefined}
	// It may lead anywhere: the server never follows it.
	if (target === '' || target.includes('\0')) throw new Refusal('ENOENT')
	symlinkSync(toHost(target), session.handles.childPath(fid.handle, name))
	reply.qid(session.qid(setUpByName(session, made)))
	return undefined
}

/** A fifo or a socket, as a name for the guest's programs; a file; never a device, which would be the host's. */
export const makeNode: Operation = (session, {request, reply}) => {
	const fid = session.fid(request.u32())
	const name = checkName(request.string(), 'EEXIST')
	const mode = request.u32()
	request.u32()
	request.u32()
	const gid = request.u32()
	const bits = session.ownership.mode(mode, 'other')
	const made = {folder: fid.handle, name, uid: fid.uid, gid, mode: bits}
	const type = mode & FileType.mask
	const {handles} = session
	const path = handles.childPath(fid.handle, name)
	if (type === 0 || type === FileType.file) {
		const flags = constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW | constants.O_WRONLY
		const descriptor = openSync(path, flags, firstMode(bits))
		closeSync(descriptor)
		reply.qid(session.qid(setUpByName(session, made)))
		return undefined
	}
	if (type !== FileType.fifo && type !== FileType.socket) throw new Refusal('EPERM')
	const folder = handles.hold(fid.handle)
	return makeSpecialFile(handles, folder, {name, type: type === FileType.fifo ? 'fifo' : 'socket'})
		.then((): Answer => {
			const qid = session.qid(setUpByName(session, made))
			return (later) => void later.qid(qid)
		})
		.finally(() => handles.release(folder))
}

/** Another name of a file. Linux makes links only by the old name: it is looked up, and what was linked is looked at again. */
export const makeHardLink: Operation = (session, {request}) => {
	const {handles} = session
	const folder = session.fid(request.u32()).handle
	const {handle} = session.fid(request.u32())
	const name = checkName(request.string(), 'EEXIST')
	const path = handles.childPath(folder, name)
	linkSync(handles.place(handle).path, path)
	const stat = lstatSync(path, {bigint: true, throwIfNoEntry: false})
	if (stat !== undefined && handle.is(stat)) return undefined
	// The old name became another file's in between.
	unlinkSync(path)
	throw new Refusal('ESTALE')
}

/** @returns the new file's attributes. */
function setUpByName(session: Session, made: Made): BigIntStats {
	const {handles} = session
	const {handle, stat} = handles.walk(made.folder, made.name)
	try {
		setUp(session, made, {path: handles.path(handle), stat})
		return stat
	} finally {
		handles.release(handle)
	}
}

/** Sets owner and mode of what was made: the host's umask and the server's user have had their say. */
function setUp(
	session: Session,
	made: Made,
	{path, descriptor, stat}: Readonly<{path: string; descriptor?: number; stat: BigIntStats}>,
): void {
	const now = {uid: Number(stat.uid), gid: Number(stat.gid)}
	const changesOwner = session.ownership.mustChange(now, made)
	try {
		if (changesOwner) session.ownership.change(path, made, 'handle')
	} catch (error) {
		removeNew(session, made)
		throw error
	}
	const {mode} = made
	// A change of owner clears bits.
	if (mode === undefined || (!changesOwner && (Number(stat.mode) & permissionBits) === mode)) return
	if (descriptor === undefined) chmodSync(path, mode)
	else fchmodSync(descriptor, mode)
}

/** As QEMU: what cannot be given to its owner is not made. */
function removeNew({handles}: Session, {folder, name}: Made): void {
	try {
		unlinkSync(handles.childPath(folder, name))
	} catch {
		// A folder, which stays; or it is gone.
	}
}
