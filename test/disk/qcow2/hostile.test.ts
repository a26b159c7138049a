/** Hostile images. A longer run: `npm run fuzz-disk -- --images N`. */
import test from 'ava'
import {testFolder} from '../images.ts'
import {fuzzImages} from './fuzz-image.ts'
import {soundImages} from './sound-images.ts'

test('damaged images are refused, or fail, or are used; that ends, and takes bounded memory', async (t) => {
	const seed = Math.floor(Math.random() * 2 ** 31)
	t.log(`seed ${seed}`)
	const folder = await testFolder(t)
	const originals = await soundImages(folder)
	const before = process.memoryUsage.rss()
	const figures = await fuzzImages({originals, folder, seed, images: 300})
	const grown = (process.memoryUsage.rss() - before) / 2 ** 20
	t.log(JSON.stringify({...figures, grown}))
	t.true(figures.refused > 20 && figures.refused < 290)
	t.true(figures.accesses - figures.failed > 100)
	t.true(grown < 512, `the process grew by ${grown} MiB`)
})
