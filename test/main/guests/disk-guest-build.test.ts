import {existsSync} from 'node:fs'
import {mkdir, mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test from 'ava'
import {createDisk} from '../../../src/disk/index.ts'
import {BuildProgress, buildDisk} from '../../../src/main/guests/disk-guest-build.ts'
import {temporaryFile} from '../boot/boot-files.ts'
import {says} from '../little-guest.ts'

// The translations of what runs here are not kept for others.
const cache = await mkdtemp(join(tmpdir(), 'manyhart-cache-'))
process.env.XDG_CACHE_HOME = cache
test.after.always(() => rm(cache, {recursive: true, force: true}))

const counts = {tools: 2, essential: 2, packages: 4}

test('a build goes on by what its guest says, and never back within a step', (t) => {
	const progress = new BuildProgress(counts)
	const seen: (string | number)[] = []
	const lines = [
		'@manyhart step making the file system',
		'@manyhart tool libc6_1_riscv64.deb',
		'@manyhart step unpacking the packages',
		'status: libc6:riscv64: half-installed',
		'status: libc6:riscv64: unpacked',
		'status: libc6:riscv64: unpacked',
		'status: base-files: unpacked',
		'@manyhart step configuring the packages',
		'status: libc6:riscv64: installed',
	]
	for (const line of lines) {
		progress.push(line)
		seen.push(progress.step, Math.round(progress.fraction * 1000))
	}
	t.deepEqual(seen, [
		...['making the file system', 0, 'making the file system', 10],
		...['unpacking the packages', 420, 'unpacking the packages', 420, 'unpacking the packages', 480],
		...['unpacking the packages', 480, 'unpacking the packages', 540],
		...['configuring the packages', 660, 'configuring the packages', 730],
	])
	t.is(progress.result, undefined)
})

test('steps that have nothing to do take no part: on top of another disk no essential package is installed', (t) => {
	const progress = new BuildProgress({tools: 0, essential: 0, packages: 4})
	progress.push('@manyhart step unpacking the packages')
	t.is(progress.fraction, 0)
	progress.push('@manyhart step configuring the packages')
	t.true(Math.abs(progress.fraction - 0.24 / 0.58) < 1e-9)
})

test('the last word of a build is that it is done, or why it failed', (t) => {
	const progress = new BuildProgress(counts)
	progress.push('some output that says @manyhart done')
	progress.push('@manyhart step what nobody knows')
	t.is(progress.result, undefined)
	progress.push('@manyhart failed mke2fs')
	t.deepEqual(progress.result, {failure: 'mke2fs', isDamaged: false})
	progress.push('@manyhart damaged e2fsck')
	t.deepEqual(progress.result, {failure: 'e2fsck', isDamaged: true})
	progress.push('@manyhart done')
	t.is(progress.result, 'done')
})

for (const [word, isKept, rest] of [
	['failed', true, ''],
	['damaged', false, '; the disk is removed, and the next fetch makes it anew'],
] as const) {
	test(`a build that ends with ${word} leaves ${isKept ? 'the disk to go on from' : 'no disk'}`, async (t) => {
		const folder = await mkdtemp(join(tmpdir(), 'manyhart-build-'))
		t.teardown(() => rm(folder, {recursive: true}))
		const disk = join(folder, 'disk.qcow2')
		await createDisk(disk, {size: 2 ** 20})
		await mkdir(join(folder, 'input'))
		const kernel = await temporaryFile(
			t,
			says(`@manyhart step checking the file system\n@manyhart ${word} e2fsck: no good\n`),
		)
		const initrd = await temporaryFile(t, 'an initrd')
		const building = buildDisk({
			...{kernel, initrd, disk, counts, folder: join(folder, 'input'), signal: undefined},
			onProgress: () => {},
		})
		await t.throwsAsync(building, {
			name: 'UserError',
			message: `Expected the guest to build its disk, got: checking the file system: e2fsck: no good${rest}`,
		})
		t.is(existsSync(disk), isKept)
	})
}
