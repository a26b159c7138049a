/** The guest of `bench -- io`: the Debian guest with Debian's fio, iperf3 and nginx, and the script that drives them. */
import {lstat, mkdir, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {Apt} from '../../../src/main/guests/apt.ts'
import {findDebianMirror} from '../../../src/main/guests/apt-mirror.ts'
import {programEntries} from '../../../src/main/guests/debian-programs.ts'
import {type CpioEntry, cacheFolder, fetchGuest, packCpio, resolveGuest} from '../../../src/main/guests/index.ts'
import {BuildError, fromRoot} from '../../build/project.ts'
import {runCommand} from '../../build/run-command.ts'

// fio's engines for other machines' storage need it, and so does the dynamic linker.
const cephLibrary = 'usr/lib/riscv64-linux-gnu/ceph/libceph-common.so.2'
const nginx = 'usr/sbin/nginx'

/** nginx as a server of tiny answers, so that connections are what costs. */
const nginxConfiguration = `user root;
worker_processes 1;
error_log /dev/null;
pid /tmp/nginx.pid;
events { worker_connections 1024; }
http {
	access_log off;
	keepalive_requests 1000000;
	server { listen 80 backlog=1024; location / { return 200 "hello\\n"; } }
}
`

/** @returns paths; the archive of the programs is made in `folder`, their packages are kept in the user's cache. */
export async function ioGuest(folder: string): Promise<Readonly<{kernel: string; initrd: string; append: string}>> {
	await fetchGuest('debian')
	const {kernel, initrd, append} = await resolveGuest('debian')
	const image = join(folder, 'initrd')
	// Linux unpacks concatenated archives. Kernel documentation, “initramfs buffer format”.
	await writeFile(image, Buffer.concat([await readFile(initrd!), packCpio(await entries(await unpackedPackages()))]))
	return {kernel, initrd: image, append: `${append} quiet`}
}

/** @returns the folder that the packages were unpacked into. */
async function unpackedPackages(): Promise<string> {
	const folder = join(cacheFolder(), 'bench', 'io-1')
	const unpacked = join(folder, 'unpacked')
	const whole = join(folder, 'whole')
	if (await isThere(whole)) return unpacked
	await mkdir(unpacked, {recursive: true})
	const mirror = await findDebianMirror(undefined)
	const apt = await Apt.create({folder: join(folder, 'apt'), mirror, suite: 'trixie', architecture: 'riscv64'})
	await apt.update({onProgress: () => {}})
	const packages = await apt.download(await apt.needed(['fio', 'iperf3', 'nginx']), {onProgress: () => {}})
	for (const name of await readdir(packages)) {
		const {code} = await runCommand('dpkg-deb', ['--extract', join(packages, name), unpacked], {
			cwd: folder,
			seconds: 60,
		})
		if (code !== 0) throw new BuildError(`Expected dpkg-deb to unpack ${name}`)
	}
	await rm(join(folder, 'apt'), {recursive: true})
	await writeFile(whole, '')
	return unpacked
}

async function entries(unpacked: string): Promise<CpioEntry[]> {
	const ofPackage = async (from: string, name: string): Promise<CpioEntry> => ({
		kind: 'file',
		name,
		mode: 0o755,
		data: await readFile(join(unpacked, from)),
	})
	return [
		...(await programEntries({unpacked, programs: ['fio', 'iperf3']})),
		await ofPackage(nginx, nginx),
		await ofPackage(cephLibrary, cephLibrary.replace('/ceph', '')),
		...['etc/nginx', 'var', 'var/log', 'var/log/nginx', 'var/lib', 'var/lib/nginx'].map(
			(name): CpioEntry => ({kind: 'directory', name}),
		),
		{kind: 'file', name: 'etc/nginx/nginx.conf', data: nginxConfiguration},
		// The login shell's, which the guest's init starts.
		{kind: 'file', name: 'root/.profile', data: await readFile(fromRoot('scripts/bench/io/in-guest.sh'))},
	]
}

const isThere = (path: string) =>
	lstat(path).then(
		() => true,
		() => false,
	)
