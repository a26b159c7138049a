/**
 * The cpio writer: packs an initramfs in the "newc" format that Linux unpacks.
 * Source: Linux, Documentation/driver-api/early-userspace/buffer-format.rst.
 */

/** One member of an archive. Folders precede their contents; names have no leading slash. */
export type CpioEntry =
	| {readonly kind: 'directory'; readonly name: string; readonly mode?: number}
	| {readonly kind: 'file'; readonly name: string; readonly mode?: number; readonly data: Uint8Array | string}
	| {readonly kind: 'symlink'; readonly name: string; readonly target: string}
	| {
			readonly kind: 'character-device'
			readonly name: string
			readonly mode?: number
			readonly major: number
			readonly minor: number
	  }

// The type bits of a mode (inode(7)), and the default permissions.
const types = {
	directory: {bits: 0o040000, permissions: 0o755},
	file: {bits: 0o100000, permissions: 0o644},
	symlink: {bits: 0o120000, permissions: 0o777},
	'character-device': {bits: 0o020000, permissions: 0o600},
} as const

const magic = '070701'
const trailer: CpioEntry = {kind: 'file', name: 'TRAILER!!!', data: ''}
const alignment = 4
/** QEMU and boot loaders pad archives to this; Linux skips the zeros. */
const archiveAlignment = 512

const padding = (length: number, to: number) => Buffer.alloc((to - (length % to)) % to)

const contents = (entry: CpioEntry): Buffer => {
	if (entry.kind === 'file') return Buffer.from(entry.data)
	if (entry.kind === 'symlink') return Buffer.from(entry.target)
	return Buffer.alloc(0)
}

const permissions = (entry: CpioEntry): number =>
	(entry.kind === 'symlink' ? undefined : entry.mode) ?? types[entry.kind].permissions

function* member(entry: CpioEntry, inode: number): Generator<Buffer> {
	const name = Buffer.from(`${entry.name}\0`)
	const data = contents(entry)
	const device = entry.kind === 'character-device' ? entry : {major: 0, minor: 0}
	const fields = {
		inode,
		mode: types[entry.kind].bits | permissions(entry),
		uid: 0,
		gid: 0,
		links: entry.kind === 'directory' ? 2 : 1,
		modified: 0, // constant, so that the same members make the same archive
		size: data.length,
		deviceMajor: 0,
		deviceMinor: 0,
		specialMajor: device.major,
		specialMinor: device.minor,
		nameSize: name.length,
		check: 0,
	}
	const numbers = Object.values(fields).map((value) => value.toString(16).padStart(8, '0'))
	const header = Buffer.from(magic + numbers.join(''))
	yield header
	yield name
	yield padding(header.length + name.length, alignment)
	yield data
	yield padding(data.length, alignment)
}

/** @returns the archive, uncompressed: a guest unpacks it several times faster than with gzip. */
export function packCpio(entries: Iterable<CpioEntry>): Buffer {
	let inode = 0
	const parts: Buffer[] = []
	for (const entry of entries) parts.push(...member(entry, ++inode))
	parts.push(...member(trailer, 0))
	const archive = Buffer.concat(parts)
	return Buffer.concat([archive, padding(archive.length, archiveAlignment)])
}
