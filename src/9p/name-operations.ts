/** Operations that change or remove names: rename, renameat, unlinkat, remove. */
import {renameSync, rmdirSync, unlinkSync} from 'node:fs'
import {Refusal} from './errno.ts'
import {isComponent} from './handles.ts'
import {noFid, removeFolder} from './messages.ts'
import {checkName, type Operation} from './session.ts'

export const rename: Operation = (session, {request}) => {
	const {handles} = session
	const fid = session.fid(request.u32())
	const folder = request.u32()
	const name = checkName(request.string(), 'EISDIR')
	if (fid.file !== undefined) throw new Refusal('EINVAL')
	const from = handles.place(fid.handle)
	const to = {folder: folder === noFid ? from.folder : session.fid(folder).handle, name}
	renameSync(from.path, handles.childPath(to.folder, name))
	// The handle's name is the one that it was known by; the host may have renamed it since.
	const known = {folder: from.folder, name: fid.handle.name}
	handles.renamed(known, to)
	if (from.name !== known.name) handles.renamed(from, to)
	return undefined
}

export const renameAt: Operation = (session, {request}) => {
	const {handles} = session
	const oldFolder = request.u32()
	const oldName = request.string()
	const newFolder = request.u32()
	const newName = request.string()
	const from = {folder: session.fid(oldFolder).handle, name: checkName(oldName, 'EISDIR')}
	const folder = newFolder === noFid ? from.folder : session.fid(newFolder).handle
	const to = {folder, name: checkName(newName, 'EISDIR')}
	renameSync(handles.childPath(from.folder, from.name), handles.childPath(to.folder, to.name))
	handles.renamed(from, to)
	return undefined
}

export const unlinkAt: Operation = (session, {request}) => {
	const folder = session.fid(request.u32(), 'EINVAL').handle
	const name = request.string()
	const flags = request.u32()
	if (flags & ~removeFolder) throw new Refusal('EINVAL')
	if (!isComponent(name)) throw new Refusal('ENOENT')
	if (name === '.') throw new Refusal('EINVAL')
	if (name === '..') throw new Refusal('ENOTEMPTY')
	const path = session.handles.childPath(folder, name)
	if (flags & removeFolder) rmdirSync(path)
	else unlinkSync(path)
	return undefined
}

/** The fid is gone in any case. */
export const remove: Operation = (session, {request}) => {
	const number = request.u32()
	const fid = session.fid(number, 'EINVAL')
	try {
		const {path} = session.handles.place(fid.handle)
		if (fid.handle.kind === 'folder') rmdirSync(path)
		else unlinkSync(path)
	} finally {
		session.clunk(number)
	}
	return undefined
}
