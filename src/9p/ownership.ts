/** Owners and modes as the guest sees them, and as the host gets them. */
import {chownSync, lchownSync} from 'node:fs'
import {hasErrno} from './errno.ts'

/**
 * `user`: for one user's folder; the host's user is shown as the guest's root, and an owner that cannot be set is ignored.
 * `none`, `passthrough`: QEMU's; numbers are as they are, and an owner that cannot be set is ignored, or an error.
 */
export type SecurityModel = 'user' | 'none' | 'passthrough'

export type Host = Readonly<{uid: number; gid: number}>

/** (uint32) -1: this id stays. */
export const keepId = 0xffff_ffff
const permissionBits = 0o7777
const setIdBits = 0o6000

export class Ownership {
	readonly #model: SecurityModel
	readonly #host: Host

	constructor(model: SecurityModel, host: Host = {uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0}) {
		this.#model = model
		this.#host = host
	}

	/** In both directions: the host's user and root change places, so that two owners never look alike. */
	mapUid(uid: number): number {
		return this.#model === 'user' ? exchange(uid, this.#host.uid) : uid
	}

	mapGid(gid: number): number {
		return this.#model === 'user' ? exchange(gid, this.#host.gid) : gid
	}

	/** Permission bits that the host gets. A guest cannot leave programs on a user's host that run as that user. */
	mode(mode: number, kind: 'folder' | 'other'): number {
		return mode & permissionBits & (this.#model === 'user' && kind !== 'folder' ? ~setIdBits : -1)
	}

	/** Sets the guest's ids. @param path may be a link, which is not followed. @throws only under `passthrough`. */
	change(path: string | Buffer, ids: Readonly<{uid: number; gid: number}>, how: 'link' | 'handle'): void {
		const uid = ids.uid === keepId ? keepId : this.mapUid(ids.uid)
		const gid = ids.gid === keepId ? keepId : this.mapGid(ids.gid)
		try {
			if (how === 'link') lchownSync(path, toNode(uid), toNode(gid))
			else chownSync(path, toNode(uid), toNode(gid))
		} catch (error) {
			// A user may give files away to no one else. QEMU's `none` ignores that, too.
			if (this.#model === 'passthrough' || !hasErrno(error, 'EPERM', 'EINVAL')) throw error
		}
	}

	/** @returns whether the owner of a new file, which the host's user has now, must be set. */
	mustChange(now: Host, wanted: Host): boolean {
		const uid = this.mapUid(wanted.uid)
		const gid = this.mapGid(wanted.gid)
		const differs = (uid !== keepId && uid !== now.uid) || (gid !== keepId && gid !== now.gid)
		// Without a privilege it fails anyway, but `passthrough` says so.
		return differs && (this.#model === 'passthrough' || this.#host.uid === 0)
	}
}

const exchange = (id: number, host: number): number => (id === host ? 0 : id === 0 ? host : id)

const toNode = (id: number): number => (id === keepId ? -1 : id)
