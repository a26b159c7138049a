import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {readInput, unescapeText} from '../../../src/main/command-line/typed-input.ts'

test('escapes stand for their characters', (t) => {
	t.is(Buffer.from(unescapeText(String.raw`a\nb\r\t\\n\x41\e`)).toString(), 'a\nb\r\t\\nA\u001b')
})

test('\\xNN is one byte, whatever is beside it, and other text is UTF-8', (t) => {
	t.deepEqual([...unescapeText(String.raw`\xff\x80é\xc3`)], [0xff, 0x80, 0xc3, 0xa9, 0xc3])
})

for (const text of [String.raw`\q`, String.raw`\x4`, '\\']) {
	test(`${JSON.stringify(text)} is refused`, (t) => {
		t.throws(() => unescapeText(text), {name: 'UserError', message: /^Expected --input to escape with /})
	})
}

async function file(t: ExecutionContext): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-'))
	t.teardown(() => rm(folder, {recursive: true}))
	const path = join(folder, 'input')
	await writeFile(path, String.raw`a\n`)
	return path
}

const noWarning = (line: string) => {
	throw new Error(line)
}

test('a file after @ is typed as it is, and anything else is text', async (t) => {
	t.is(Buffer.from(await readInput(`@${await file(t)}`, noWarning)).toString(), String.raw`a\n`)
	t.is(Buffer.from(await readInput(String.raw`ls /\n`, noWarning)).toString(), 'ls /\n')
	t.is(Buffer.from(await readInput(String.raw`\x40home`, noWarning)).toString(), '@home')
})

test('a file without @ is typed, too, with a warning', async (t) => {
	const path = await file(t)
	const warnings: string[] = []
	t.is(Buffer.from(await readInput(path, (line) => warnings.push(line))).toString(), String.raw`a\n`)
	t.deepEqual(warnings, [`manyhart: --input ${path} types the file of this name; write --input @${path}`])
})

test('a file that is not there is refused, and its name is not typed', async (t) => {
	await t.throwsAsync(readInput('@/no/such/file', noWarning), {
		name: 'UserError',
		message: 'Expected --input @FILE to be a readable file, got /no/such/file: ENOENT (no such file or directory)',
	})
})
