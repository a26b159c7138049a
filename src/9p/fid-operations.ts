/** Operations on fids: attach, walk, clunk, open, and locks. */
import {constants, openSync} from 'node:fs'
import {Refusal} from './errno.ts'
import {isComponent} from './handles.ts'
import type {Qid} from './message-writer.ts'
import {Lock, maximumWalk, OpenFlag} from './messages.ts'
import type {Operation} from './session.ts'

const {O_RDONLY, O_DIRECTORY, O_NONBLOCK, O_NOCTTY} = constants

/** There is one tree; its name (aname) is ignored, as by QEMU. */
export const attach: Operation = (session, {request, reply}) => {
	const number = request.u32()
	// A fid of an authentication, which there is not.
	request.u32()
	request.string()
	request.string()
	const uid = request.u32()
	session.checkNewFid(number)
	const {handles} = session
	const qid = session.qid(handles.stat(handles.root))
	session.addFid(number, handles.hold(handles.root), uid)
	reply.qid(qid)
	return undefined
}

export const walk: Operation = (session, {request, reply}) => {
	const number = request.u32()
	const newNumber = request.u32()
	const count = request.u16()
	if (count > maximumWalk) throw new Refusal('EINVAL')
	const names = Array.from({length: count}, () => request.string())
	// The whole walk fails, even its valid part.
	if (!names.every(isComponent)) throw new Refusal('ENOENT')
	const fid = session.fid(number)
	if (number !== newNumber) session.checkNewFid(newNumber)
	else if (fid.file !== undefined) throw new Refusal('EINVAL')

	const {handles} = session
	const qids: Qid[] = []
	let handle = handles.hold(fid.handle)
	try {
		for (const name of names) {
			const next = handles.walk(handle, name)
			handles.release(handle)
			handle = next.handle
			qids.push(session.qid(next.stat))
		}
	} catch (error) {
		handles.release(handle)
		// Of a walk that ends early the client gets what there is, and no new fid.
		if (qids.length === 0) throw error
		return writeQids(reply, qids)
	}
	if (number === newNumber) {
		handles.release(fid.handle)
		fid.handle = handle
	} else session.addFid(newNumber, handle, fid.uid)
	return writeQids(reply, qids)
}

function writeQids(reply: Parameters<Operation>[1]['reply'], qids: readonly Qid[]): undefined {
	reply.u16(qids.length)
	for (const qid of qids) reply.qid(qid)
}

export const clunk: Operation = (session, {request}) => {
	session.clunk(request.u32())
	return undefined
}

export const open: Operation = (session, {request, reply}) => {
	const fid = session.fid(request.u32())
	const flags = request.u32()
	if (fid.file !== undefined) throw new Refusal('EINVAL')
	const {kind} = fid.handle
	// A device or a fifo is never opened: that could wait, or have an effect. The guest's kernel has devices and fifos of its own.
	if (kind === 'special') throw new Refusal('ENXIO')
	if (kind === 'link') throw new Refusal('ELOOP')
	if (session.readOnly && flags & (OpenFlag.accessMode | OpenFlag.append | OpenFlag.truncate))
		throw new Refusal('EROFS')
	session.checkOpenFiles()
	const path = session.handles.path(fid.handle)
	if (kind === 'folder') {
		session.setFile(fid, openSync(path, O_RDONLY | O_DIRECTORY), {kind, writable: false})
		reply.qid(session.qid(session.stat(fid))).u32(0)
		return undefined
	}
	if (flags & OpenFlag.folder) throw new Refusal('ENOTDIR')
	session.setFile(fid, openSync(path, hostFlags(flags)), {kind, writable: isWritable(flags)})
	reply.qid(session.qid(session.stat(fid))).u32(session.inputOutputUnit())
	return undefined
}

/**
 * The host's flags for a client's: those that have an effect beyond the client. O_DIRECT is left out, as by QEMU: its alignment is
 * not the guest's. O_NONBLOCK matters only if the file is not what it was a moment ago.
 */
export function hostFlags(flags: number): number {
	const access = flags & OpenFlag.accessMode
	return (
		O_NONBLOCK |
		O_NOCTTY |
		(access === OpenFlag.readWrite
			? constants.O_RDWR
			: access === OpenFlag.writeOnly
				? constants.O_WRONLY
				: constants.O_RDONLY) |
		(flags & OpenFlag.truncate ? constants.O_TRUNC : 0) |
		(flags & OpenFlag.append ? constants.O_APPEND : 0) |
		((flags & OpenFlag.sync) === OpenFlag.sync ? constants.O_SYNC : flags & OpenFlag.dataSync ? constants.O_DSYNC : 0)
	)
}

export const isWritable = (flags: number): boolean => (flags & OpenFlag.accessMode) !== 0

/** Locks hold among the programs of one guest, whose kernel keeps them; QEMU grants all, too. */
export const lock: Operation = (session, {request, reply}) => {
	const number = request.u32()
	request.u8()
	const flags = request.u32()
	request.u64()
	request.u64()
	request.u32()
	request.string()
	if (flags & ~Lock.block) throw new Refusal('EINVAL')
	session.stat(session.fid(number))
	reply.u8(Lock.success)
	return undefined
}

export const getLock: Operation = (session, {request, reply}) => {
	const number = request.u32()
	request.u8()
	const start = request.u64()
	const length = request.u64()
	const process = request.u32()
	const client = request.string()
	session.stat(session.fid(number))
	reply.u8(Lock.unlocked).u64(start).u64(length).u32(process).string(client)
	return undefined
}

/** Node has no extended attributes: as a file system without them. */
export const noExtendedAttributes: Operation = () => {
	throw new Refusal('EOPNOTSUPP')
}
