/** Error numbers of 9P2000.L: Linux's, as a 9p client expects them. */

export const Errno = {
	EPERM: 1,
	ENOENT: 2,
	EIO: 5,
	ENXIO: 6,
	EBADF: 9,
	ENOMEM: 12,
	EEXIST: 17,
	ENODEV: 19,
	ENOTDIR: 20,
	EISDIR: 21,
	EINVAL: 22,
	ENFILE: 23,
	EMFILE: 24,
	EFBIG: 27,
	EROFS: 30,
	ENOTEMPTY: 39,
	ELOOP: 40,
	EPROTO: 71,
	EMSGSIZE: 90,
	EOPNOTSUPP: 95,
	ESTALE: 116,
} as const

/** The server refuses a request itself. */
export class Refusal extends Error {
	override readonly name = 'Refusal'
	readonly errno: number

	constructor(errno: keyof typeof Errno) {
		super(errno)
		this.errno = -Errno[errno]
	}
}

/** @returns Linux's number of an error that the host's file system or the server reported; undefined: it is neither. */
export function errnoOf(error: unknown): number | undefined {
	const {errno} = (error ?? {}) as {errno?: unknown}
	// Node's errno is the negative number of the host, which is Linux: the folder is reached through /proc.
	if (typeof errno === 'number' && errno < 0 && errno > -4096) return -errno
	return undefined
}

export const hasErrno = (error: unknown, ...names: readonly (keyof typeof Errno)[]): boolean => {
	const errno = errnoOf(error)
	return names.some((name) => Errno[name] === errno)
}
