/** What the build makes of the threads' programs. */
import {glob, readFile} from 'node:fs/promises'
import test from 'ava'
import {fromRoot} from '../../../scripts/build/project.ts'

test('a thread’s program is ASCII: V8 keeps its text in each thread, two bytes for a character where one is no Latin letter', async (t) => {
	const paths = await Array.fromAsync(glob('dist/**/*.mjs', {cwd: fromRoot()}))
	t.true(paths.length > 5)
	// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII.
	for (const path of paths) t.notRegex(await readFile(fromRoot(path), 'utf8'), /[^\x00-\x7f]/, path)
})
