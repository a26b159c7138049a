import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {exitCodes} from '../src/exit-codes.ts'

const docs = join(import.meta.dirname, '../docs')
const listed = new Set(Object.values(exitCodes).flatMap(({code}) => String(code).split(', ')))

const isListed = (code: string) => listed.has(code) || (Number(code) > 128 && listed.has('128 + n'))

test('each exit code that a page names is in the table of exit codes', (t) => {
	for (const page of readdirSync(docs).filter((name) => name.endsWith('.md'))) {
		const text = readFileSync(join(docs, page), 'utf8')
		const named = [...text.matchAll(/exit code (\d+)/gi)].map(([, code]) => code!)
		for (const code of named) t.true(isListed(code), `${page} names ${code}`)
	}
})

test('the table of exit codes has those of commands in a guest', (t) => {
	const text = readFileSync(join(docs, 'exec.md'), 'utf8')
	const rows = text.slice(text.indexOf('| exit code | |')).split('\n\n', 1)[0]!.split('\n').slice(3)
	const codes = rows.flatMap((row) => row.split('|')[1]!.trim().split(', '))
	t.deepEqual(codes, ['127', '126', '2', '71', '124', '141'])
	for (const code of codes) t.true(isListed(code), code)
	for (const command of ['exec', 'ssh', 'cp']) t.true(exitCodes.guestStuck.when.includes(command), command)
})
