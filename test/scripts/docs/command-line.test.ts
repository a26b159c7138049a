/** docs/command-line.md and the definitions that it is generated from. */
import {readFile} from 'node:fs/promises'
import test from 'ava'
import {fromRoot} from '../../../scripts/build/project.ts'
import {renderCommandLine} from '../../../scripts/docs/command-line.ts'
import {UserError} from '../../../src/errors.ts'
import {exitCodes} from '../../../src/exit-codes.ts'
import {runOptions} from '../../../src/main/command-line/grammar.ts'
import {withLongDashes} from '../../../src/main/command-line/qemu-spelling.ts'
import {tlbKeys} from '../../../src/tlb/index.ts'

const page = await readFile(fromRoot('docs/command-line.md'), 'utf8')

test('docs/command-line.md is what the program’s definitions render to', (t) => {
	t.is(page, renderCommandLine(), 'npm run docs')
})

test('the page names every option, every exit code and every value of a key of --tlb', (t) => {
	const options = Object.values(runOptions()).flat()
	for (const {flags, hidden} of options)
		if (!hidden) t.true(page.includes(`\`${flags.replaceAll('|', '\\|')}\``), flags)
	for (const {code, when} of Object.values(exitCodes)) t.true(page.includes(`| ${code} | ${when} |`), when)
	for (const {name, values} of Object.values(tlbKeys)) {
		t.true(page.includes(`| \`${name}\` |`), name)
		for (const value of Object.keys(values)) t.true(page.includes(`| \`${value}\``), value)
	}
})

test('every spelling that the page calls QEMU’s is understood', (t) => {
	const section = page.split("## QEMU's spellings")[1]!.split('\n## ')[0]!
	const [own = '', taken = '', refused = ''] = section.split('\n### ')
	const spelled = (table: string) =>
		[...table.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell]) =>
			[...cell!.matchAll(/`(-[^` ]+)(?: ([^` ]+))?/g)].map(([, word, value]) => [word!, ...(value ? [value] : [])]),
		)
	t.true(spelled(own).length >= 12)
	for (const [word = ''] of spelled(own)) t.deepEqual(withLongDashes([word]), [word.length === 2 ? word : `-${word}`])
	t.true(spelled(taken).length >= 12)
	for (const words of spelled(taken)) t.deepEqual(withLongDashes(words), [], words.join(' '))
	t.true(spelled(refused).length >= 12)
	for (const words of spelled(refused))
		t.throws(() => withLongDashes([...words, 'x']), {instanceOf: UserError}, words.join(' '))
})
