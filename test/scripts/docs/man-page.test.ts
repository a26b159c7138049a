import {readFile} from 'node:fs/promises'
import test from 'ava'
import packageFile from '../../../package.json' with {type: 'json'}
import {fromRoot} from '../../../scripts/build/project.ts'
import {renderManPage} from '../../../scripts/docs/man-page.ts'
import {exitCodes} from '../../../src/exit-codes.ts'
import {runOptions} from '../../../src/main/command-line/grammar.ts'

const page = await readFile(fromRoot('docs/manyhart.1'), 'utf8')

test('docs/manyhart.1 is what the program’s definitions render to', async (t) => {
	t.is(page, await renderManPage(packageFile.version), 'npm run docs')
})

test('the man page has every option and exit code, and is part of the package', (t) => {
	// As read: no roff fonts and escapes.
	const text = page.replaceAll(/\\f[BIR]/g, '').replaceAll(/\\([-_.`'])/g, '$1')
	const options = Object.values(runOptions()).flat()
	for (const {flags, hidden} of options) if (!hidden) t.true(text.includes(flags), flags)
	for (const {code} of Object.values(exitCodes)) t.true(text.includes(String(code)), String(code))
	t.is(packageFile.man, './docs/manyhart.1')
	t.true(packageFile.files.includes('docs/manyhart.1'))
})
