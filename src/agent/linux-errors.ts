/** Error numbers of Linux, as the guest has them, whatever the host is. Source: include/uapi/asm-generic/errno-base.h, errno.h. */
const names: Readonly<Record<number, string>> = {
	1: 'EPERM (not permitted)',
	2: 'ENOENT (no such file or directory)',
	5: 'EIO (an I/O error)',
	7: 'E2BIG (too many arguments)',
	8: 'ENOEXEC (it is no program)',
	11: 'EAGAIN (too many commands at once)',
	12: 'ENOMEM (not enough memory)',
	13: 'EACCES (permission denied)',
	16: 'EBUSY (in use)',
	19: 'ENODEV (no such device)',
	20: 'ENOTDIR (not a directory)',
	21: 'EISDIR (a directory)',
	22: 'EINVAL (invalid)',
	24: 'EMFILE (too many open files)',
	26: 'ETXTBSY (it is being written)',
	30: 'EROFS (read-only)',
	39: 'ENOTEMPTY (not empty)',
	40: 'ELOOP (too many links)',
}

export const Errno = {noEntry: 2, notDirectory: 20, notEmpty: 39} as const

export const describeErrno = (errno: number): string => names[errno] ?? `error ${errno}`

/** Of a command that cannot be run, as in shells. */
export const errnoExitCode = (errno: number): number => (errno === Errno.noEntry ? 127 : 126)
