/** Reading a boot's files: whole, also where their size is not known, and held once. */
import {execFileSync} from 'node:child_process'
import {writeFile} from 'node:fs/promises'
import test from 'ava'
import {readBootFile} from '../../../src/main/boot/boot-file.ts'
import {temporaryFile} from './boot-files.ts'

/** More than a pipe or a first buffer holds. */
const bytes = Buffer.from(Uint32Array.from({length: 100_000}, (_, index) => index).buffer)
const limit = {bytes: bytes.length, reason: 'a test'}

test('a file is read into a buffer of its own size, not joined from pieces', async (t) => {
	const file = await readBootFile('--kernel', await temporaryFile(t, bytes), {...limit, bytes: 2 ** 20})
	t.true(bytes.equals(file.bytes))
	t.is(file.bytes.buffer.byteLength, bytes.length + 1)
})

test('a file that is just as large as the limit is read, one that is larger is not', async (t) => {
	const path = await temporaryFile(t, bytes)
	t.true(bytes.equals((await readBootFile('--initrd', path, limit)).bytes))
	const smaller = {...limit, bytes: bytes.length - 1}
	await t.throwsAsync(readBootFile('--initrd', path, smaller), {message: /at most 399999 bytes \(a test\), got 400000/})
})

for (const {most, title} of [
	{most: bytes.length, title: 'a pipe, whose size is not known, is read to its end'},
	{most: bytes.length - 1, title: 'a pipe that holds more than the limit is refused'},
]) {
	test(title, async (t) => {
		const path = await temporaryFile(t, '', 'a')
		execFileSync('mkfifo', [`${path}.fifo`])
		const reading = readBootFile('--kernel', `${path}.fifo`, {...limit, bytes: most})
		// A reader that has enough closes its end.
		const writing = writeFile(`${path}.fifo`, bytes).catch((error: NodeJS.ErrnoException) => t.is(error.code, 'EPIPE'))
		if (most < bytes.length) await t.throwsAsync(reading, {message: /, got more: /})
		else t.true(bytes.equals((await reading).bytes))
		await writing
	})
}
