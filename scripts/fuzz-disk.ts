/** Damages qcow2 images and uses them: `npm run fuzz-disk -- --images N [--seed S]`. Prints a line of JSON. */
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fuzzImages} from '../test/disk/qcow2/fuzz-image.ts'
import {soundImages} from '../test/disk/qcow2/sound-images.ts'
import {integerFrom, runScript, scriptCommand} from './build/script-command.ts'

async function fuzz({images, seed}: Readonly<{images: number; seed: number}>): Promise<void> {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-fuzz-disk-'))
	try {
		const figures = await fuzzImages({originals: await soundImages(folder), folder, seed, images})
		console.log(JSON.stringify({seed, ...figures, megabytes: Math.round(process.memoryUsage.rss() / 1e6)}))
	} finally {
		await rm(folder, {recursive: true, force: true})
	}
}

const command = scriptCommand('fuzz-disk', 'damages qcow2 images and uses them')
	.option('--images <n>', 'how many', integerFrom(1, 1_000_000_000), 10_000)
	.option('--seed <n>', 'seed of the first (default: random)', integerFrom(0, 2 ** 31 - 1))
	.action(({images, seed = Math.floor(Math.random() * 2 ** 31)}) => fuzz({images, seed}))
await runScript('fuzz-disk', command)
