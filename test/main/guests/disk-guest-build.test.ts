import test from 'ava'
import {BuildProgress} from '../../../src/main/guests/disk-guest-build.ts'

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
	t.deepEqual(progress.result, {failure: 'mke2fs'})
	progress.push('@manyhart done')
	t.is(progress.result, 'done')
})
