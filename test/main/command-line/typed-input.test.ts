import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test from 'ava'
import {readInput, unescapeText} from '../../../src/main/command-line/typed-input.ts'

test('escapes stand for their characters', (t) => {
	t.is(unescapeText(String.raw`a\nb\r\t\\n\x41\e`), 'a\nb\r\t\\nA\u001b')
})

for (const text of [String.raw`\q`, String.raw`\x4`, '\\']) {
	test(`${JSON.stringify(text)} is refused`, (t) => {
		t.throws(() => unescapeText(text), {name: 'UserError', message: /^Expected --input to escape with /})
	})
}

test('a file is read as it is, and anything else is text', async (t) => {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-'))
	t.teardown(() => rm(folder, {recursive: true}))
	const path = join(folder, 'input')
	await writeFile(path, String.raw`a\n`)
	t.is(Buffer.from(await readInput(path)).toString(), String.raw`a\n`)
	t.is(Buffer.from(await readInput(String.raw`ls /\n`)).toString(), 'ls /\n')
})
