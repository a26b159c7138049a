/** Kills Manyhart at random moments while its guest writes to a disk: `npm run kill-disk -- --kills N [--seed S]`. */
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fetchGuest, type GuestParts, resolveGuest} from '../src/main/guests/index.ts'
import {KillTest} from '../test/boot/kill-disk.ts'
import {qemuImg} from '../test/disk/qemu-img.ts'
import {integerFrom, runScript, scriptCommand} from './build/script-command.ts'

async function kill({kills, seed}: Readonly<{kills: number; seed: number}>): Promise<void> {
	await fetchGuest('debian')
	const guest: GuestParts = await resolveGuest('debian')
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-kill-disk-'))
	try {
		const file = join(folder, 'disk.qcow2')
		await qemuImg('create', '-q', '-f', 'qcow2', '-o', 'cluster_size=4k', file, '512M')
		const test = new KillTest({file, guest, seed})
		for (let count = 1; count <= kills; count++) {
			const result = await test.run()
			console.log(JSON.stringify({seed, kill: count, ...result}))
			if (result.lost.length > 0 || result.corruptions > 0) process.exitCode = 1
		}
	} finally {
		await rm(folder, {recursive: true, force: true})
	}
}

const command = scriptCommand('kill-disk', 'kills Manyhart at random moments while its guest writes to a disk')
	.option('--kills <n>', 'how many', integerFrom(1, 100), 50)
	.option('--seed <n>', 'seed of the moments (default: random)', integerFrom(0, 2 ** 31 - 1))
	.action(({kills, seed = Math.floor(Math.random() * 2 ** 31)}) => kill({kills, seed}))
await runScript('kill-disk', command)
