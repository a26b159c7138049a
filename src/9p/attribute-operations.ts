/** Operations on attributes: getattr, setattr, statfs, readlink. */
import {
	chmodSync,
	fchmodSync,
	ftruncateSync,
	futimesSync,
	readlinkSync,
	statfsSync,
	truncateSync,
	utimesSync,
} from 'node:fs'
import {Refusal} from './errno.ts'
import type {MessageReader} from './message-reader.ts'
import type {MessageWriter} from './message-writer.ts'
import {GetattrMask, SetattrMask} from './messages.ts'
import {keepId} from './ownership.ts'
import type {Fid, Operation, Session} from './session.ts'
import {type NewTime, toNodeTime} from './times.ts'

const nanosecondsPerSecond = 1_000_000_000n

/** Generation and data version are 0, and not among the valid ones: Node cannot ask for them. */
export const getAttributes: Operation = (session, {request, reply}) => {
	const fid = session.fid(request.u32())
	const mask = request.u64()
	const stat = session.stat(fid)
	const birth = (mask & BigInt(GetattrMask.birthTime)) !== 0n
	reply
		.u64(BigInt(GetattrMask.basic | (birth ? GetattrMask.birthTime : 0)))
		.qid(session.qid(stat))
		.u32(Number(stat.mode))
		.u32(session.ownership.mapUid(Number(stat.uid)))
		.u32(session.ownership.mapGid(Number(stat.gid)))
		.u64(stat.nlink)
		.u64(stat.rdev)
		.u64(stat.size)
		// As QEMU: programs that go by it read and write whole messages.
		.u64(BigInt(session.inputOutputUnit(Number(stat.blksize))))
		.u64(stat.blocks)
	writeTime(reply, stat.atimeNs)
	writeTime(reply, stat.mtimeNs)
	writeTime(reply, stat.ctimeNs)
	writeTime(reply, birth ? stat.birthtimeNs : 0n)
	reply.u64(0n).u64(0n)
	return undefined
}

function writeTime(reply: MessageWriter, time: bigint): void {
	let seconds = time / nanosecondsPerSecond
	let nanoseconds = time % nanosecondsPerSecond
	if (nanoseconds < 0n) {
		nanoseconds += nanosecondsPerSecond
		seconds--
	}
	reply.u64(BigInt.asUintN(64, seconds)).u64(nanoseconds)
}

/** Size and owner before mode and times, which these change. */
export const setAttributes: Operation = (session, {request}) => {
	const fid = session.fid(request.u32(), 'EINVAL')
	const valid = request.u32()
	const mode = request.u32()
	const uid = request.u32()
	const gid = request.u32()
	const size = valid & SetattrMask.size ? request.fileOffset('EFBIG') : skip(request)
	const accessTime = readTime(request.i64(), request.u64())
	const modificationTime = readTime(request.i64(), request.u64())

	if (valid & SetattrMask.size) setSize(session, fid, size)
	const owner = valid & (SetattrMask.uid | SetattrMask.gid)
	// Nothing but the time of change: a change of nothing sets it, as QEMU has it.
	const onlyChangeTime = (valid & ~SetattrMask.changeTime) === 0 && valid !== 0
	if (owner || onlyChangeTime)
		session.ownership.change(
			session.path(fid),
			{uid: valid & SetattrMask.uid ? uid : keepId, gid: valid & SetattrMask.gid ? gid : keepId},
			'handle',
		)
	if (valid & SetattrMask.mode) setMode(session, fid, mode)
	if (valid & (SetattrMask.accessTime | SetattrMask.modificationTime))
		setTimes(session, fid, {
			access: newTime(valid, SetattrMask.accessTime, SetattrMask.accessTimeGiven, accessTime),
			modification: newTime(valid, SetattrMask.modificationTime, SetattrMask.modificationTimeGiven, modificationTime),
		})
	return undefined
}

function skip(request: MessageReader): number {
	request.u64()
	return 0
}

const readTime = (seconds: bigint, nanoseconds: bigint) => ({seconds, nanoseconds: Number(nanoseconds)})

function newTime(valid: number, set: number, given: number, time: Exclude<NewTime, string>): NewTime {
	if (!(valid & set)) return 'keep'
	if (!(valid & given)) return 'now'
	if (time.nanoseconds >= 1e9) throw new Refusal('EINVAL')
	return time
}

function setSize(session: Session, fid: Fid, size: number): void {
	const {kind} = fid.handle
	if (kind === 'folder') throw new Refusal('EISDIR')
	if (kind !== 'file') throw new Refusal('EINVAL')
	// A file that was opened for writing may have a mode that does not allow it.
	if (fid.file?.writable) ftruncateSync(fid.file.descriptor, size)
	else truncateSync(session.path(fid), size)
}

function setMode(session: Session, fid: Fid, mode: number): void {
	const {kind} = fid.handle
	// The mode of a symbolic link means nothing.
	if (kind === 'link') throw new Refusal('EOPNOTSUPP')
	const bits = session.ownership.mode(mode, kind === 'folder' ? 'folder' : 'other')
	if (fid.file === undefined) chmodSync(session.path(fid), bits)
	else fchmodSync(fid.file.descriptor, bits)
}

function setTimes(session: Session, fid: Fid, times: Readonly<{access: NewTime; modification: NewTime}>): void {
	const access = toNodeTime(times.access)
	const modification = toNodeTime(times.modification)
	if (fid.file === undefined) utimesSync(session.path(fid), access, modification)
	else futimesSync(fid.file.descriptor, access, modification)
}

/** The host's figures. It has no fsid for Node: the device's number is one, too. */
export const statFileSystem: Operation = (session, {request, reply}) => {
	const fid = session.fid(request.u32())
	const {type, bsize, blocks, bfree, bavail, files, ffree} = statfsSync(session.path(fid), {bigint: true})
	reply
		.u32(Number(BigInt.asUintN(32, type)))
		.u32(Number(BigInt.asUintN(32, bsize)))
		.u64(blocks)
		.u64(bfree)
		.u64(bavail)
		.u64(files)
		.u64(ffree)
		.u64(fid.handle.device)
		.u32(longestName)
	return undefined
}

/** NAME_MAX of Linux's file systems. */
const longestName = 255

/** The target as it is; only the guest follows it, within its own tree. */
export const readLink: Operation = (session, {request, reply}) => {
	const fid = session.fid(request.u32())
	if (fid.handle.kind !== 'link') throw new Refusal('EINVAL')
	reply.string(readlinkSync(session.handles.place(fid.handle).path, {encoding: 'latin1'}))
	return undefined
}
