/** The initramfs of the Debian guests: busybox, virtio modules, and an init. */
import {readdir, readFile} from 'node:fs/promises'
import {basename, join} from 'node:path'
import {type CpioEntry, packCpio} from './cpio.ts'

/**
 * The modules that a guest on this board can use. Debian's package has no modules.dep, which depmod writes when the
 * package is installed, so the necessary part is here. Aliases: include/uapi/linux/virtio_ids.h.
 */
const modules: readonly Readonly<{name: string; dependencies?: readonly string[]; alias?: string}>[] = [
	{name: 'virtio_mmio'},
	{name: 'virtio-rng', alias: 'virtio:d00000004v*'},
	{name: 'virtio_blk', alias: 'virtio:d00000002v*'},
	{name: 'failover'},
	{name: 'net_failover', dependencies: ['failover']},
	{name: 'virtio_net', dependencies: ['net_failover', 'failover'], alias: 'virtio:d00000001v*'},
	{name: 'virtio_balloon', alias: 'virtio:d00000005v*'},
	{name: 'netfs'},
	{name: '9pnet', dependencies: ['netfs']},
	{name: '9pnet_virtio', dependencies: ['9pnet', 'netfs'], alias: 'virtio:d00000009v*'},
	{name: '9p', dependencies: ['9pnet', 'netfs'], alias: 'fs-9p'},
	{name: 'crc16'},
	{name: 'mbcache'},
	// What the kernel would ask for by itself, by an alias, is a dependency here.
	{name: 'crc32c_generic', alias: 'crypto-crc32c'},
	{name: 'jbd2', dependencies: ['crc32c_generic']},
	{name: 'ext4', dependencies: ['jbd2', 'mbcache', 'crc16', 'crc32c_generic'], alias: 'fs-ext4'},
]

// The modules stay compressed: the kernel unpacks them itself (CONFIG_MODULE_DECOMPRESS).
const moduleFile = /^(.*)\.ko(\.xz|\.zst|\.gz)?$/

/**
 * How each init begins: loads the driver of the bus, then those of its devices. With flow control (RTS) the console loses no
 * input, however much comes while nobody reads.
 */
export const initPrologue = `#!/bin/busybox sh
/bin/busybox stty crtscts
/bin/busybox --install -s
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=\${TERM:-vt100}
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts pts /dev/pts
mount -t tmpfs tmp /tmp
modprobe virtio_mmio
for device in /sys/bus/virtio/devices/*/modalias; do
	[ -e "$device" ] && modprobe -q "$(cat "$device")"
done
`

// Powers off when the shell exits.
const shellInit = `${initPrologue}hostname manyhart
ip link set lo up
echo "Debian riscv64: kernel $(uname -r), $(nproc) harts. Leave with: poweroff -f"
cd /root
setsid cttyhack /bin/sh -l
poweroff -f
`

const folders = [
	'bin',
	'dev',
	'etc',
	'lib',
	'lib/modules',
	'proc',
	'root',
	'sbin',
	'sys',
	'tmp',
	'usr',
	'usr/bin',
	'usr/sbin',
]

export type InitramfsParts = Readonly<{
	/** The path of the program. */
	busybox: string
	/** The folder of the kernel's modules; its name is the kernel's release. */
	modulesFolder: string
	/** The text of the first program, a shell script; by default one that starts a shell. */
	init?: string
	/** More members. */
	additions?: readonly CpioEntry[]
}>

/** @returns the archive. */
export async function packInitramfs({
	busybox,
	modulesFolder,
	init = shellInit,
	additions = [],
}: InitramfsParts): Promise<Buffer> {
	return packCpio([
		...folders.map((name) => ({kind: 'directory', name}) as const),
		{kind: 'character-device', name: 'dev/console', major: 5, minor: 1},
		{kind: 'file', name: 'init', mode: 0o755, data: init},
		{kind: 'file', name: 'bin/busybox', mode: 0o755, data: await readFile(busybox)},
		{kind: 'file', name: 'etc/passwd', data: 'root::0:0:root:/root:/bin/sh\n'},
		{kind: 'file', name: 'etc/group', data: 'root:x:0:\n'},
		...(await moduleEntries(modulesFolder)),
		...additions,
	])
}

async function moduleEntries(folder: string): Promise<CpioEntry[]> {
	const name = `lib/modules/${basename(folder)}`
	const found = await findModules(folder)
	const present = modules.filter((module) => found.has(module.name))
	const file = (module: string) => basename(found.get(module)!)
	const dependencies = present.map(({name: module, dependencies = []}) =>
		`${file(module)}: ${dependencies
			.filter((other) => found.has(other))
			.map(file)
			.join(' ')}`.trimEnd(),
	)
	const aliases = present.flatMap(({name: module, alias}) =>
		alias ? [`alias ${alias} ${module.replaceAll('-', '_')}`] : [],
	)
	const files = present.map(async (module): Promise<CpioEntry> => {
		const path = found.get(module.name)!
		return {kind: 'file', name: `${name}/${basename(path)}`, data: await readFile(path)}
	})
	return [
		{kind: 'directory', name},
		{kind: 'file', name: `${name}/modules.dep`, data: `${dependencies.join('\n')}\n`},
		{kind: 'file', name: `${name}/modules.alias`, data: `${aliases.join('\n')}\n`},
		...(await Promise.all(files)),
	]
}

/** @returns the path of each module, by name. */
async function findModules(folder: string): Promise<Map<string, string>> {
	const entries = await readdir(folder, {recursive: true, withFileTypes: true})
	return new Map(
		entries.flatMap((entry) => {
			const name = entry.isFile() && moduleFile.exec(entry.name)?.[1]
			return name ? [[name, join(entry.parentPath, entry.name)] as const] : []
		}),
	)
}
