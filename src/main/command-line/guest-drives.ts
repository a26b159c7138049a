/** The disk of a guest that has one: what is written to it is kept in the user's file, or nowhere. */
import {resolve} from 'node:path'
import {backingFileOf, createDisk} from '../../disk/index.ts'
import {expected, isUserError, UserError} from '../../errors.ts'
import type {DriveOptions} from '../drives.ts'
import {describeSystemError} from '../system-error.ts'

export type GuestDrivesOptions = Readonly<{
	/** The path of the user's file, a qcow2 image on top of the guest's. Made if it is not there. */
	overlay: string | undefined
	/** What is written goes nowhere, the user's file or not. */
	snapshot?: boolean
	/** Shows a line to the user. */
	say: (line: string) => void
}>

/** @param drives of the guest. @returns those of the run. @throws UserError if the file cannot be used. */
export async function guestDrives(
	drives: readonly DriveOptions[],
	{overlay, snapshot, say}: GuestDrivesOptions,
): Promise<readonly DriveOptions[]> {
	const [disk, ...others] = drives
	if (!disk) {
		if (overlay === undefined) return drives
		throw expected('--overlay with a guest that has a disk, such as debian-full', `--overlay ${overlay}`)
	}
	if (overlay === undefined) {
		say('manyhart: what the guest writes to its disk is gone at the end; --overlay FILE keeps it')
		return drives
	}
	const file = resolve(overlay)
	const backing = {file: resolve(disk.file), format: disk.format ?? 'qcow2'}
	await createDisk(file, {backing}).catch((error: NodeJS.ErrnoException) => {
		if (isUserError(error)) throw error
		if (error.code !== 'EEXIST')
			throw new UserError(`Expected to make the overlay ${overlay}, got ${describeSystemError(error)}`)
	})
	const present = await backingFileOf(file)
	if (present !== backing.file)
		throw expected(
			`--overlay to be on top of ${backing.file}`,
			`${overlay}, which is on top of ${present ?? 'nothing'}`,
		)
	return [{file, format: 'qcow2', ...(snapshot && {snapshot})}, ...others]
}
