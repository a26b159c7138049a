import test from 'ava'
import {importBreaches} from '../../../scripts/build/imports.ts'

const breachesOf = (path: string, text: string) =>
	importBreaches({path, text}).map(({line, specifier}) => [line, specifier])

test('a folder imports those before it, through their index.ts', (t) => {
	t.deepEqual(breachesOf('src/tlb/pool.ts', `import {a} from '../rcu/index.ts'\nimport type {B} from './entry.ts'`), [])
	t.deepEqual(breachesOf('src/vcpu-worker/isa/list.ts', `import {a} from '../../board/index.ts'`), [])
})

test('an import of a later folder is named with its line', (t) => {
	t.deepEqual(breachesOf('src/rcu/reader.ts', `\n\nexport * from '../tlb/index.ts'`), [[3, '../tlb/index.ts']])
})

test('an import past another folder’s index.ts is a breach, also when it spans lines or is dynamic', (t) => {
	t.deepEqual(breachesOf('src/main/machine.ts', `import {\n\ta,\n} from '../memory/errors.ts'`), [
		[3, '../memory/errors.ts'],
	])
	t.deepEqual(breachesOf('src/main/machine.ts', `await import('../memory/errors.ts')`), [[1, '../memory/errors.ts']])
})

test('the hart core imports itself and the generated offsets, and nobody imports it', (t) => {
	const file = 'src/vcpu-worker/hart/csr.ts'
	t.deepEqual(breachesOf(file, `import {HART_X} from '../../../build/hart/offsets'\nimport {raise} from './trap'`), [])
	t.deepEqual(breachesOf(file, `import {a} from '../../memory/index.ts'`), [[1, '../../memory/index.ts']])
	t.deepEqual(breachesOf('src/vcpu-worker/worker.ts', `import {a} from './hart/csr.ts'`), [[1, './hart/csr.ts']])
})

test('nothing in src imports what is outside it', (t) => {
	t.deepEqual(breachesOf('src/main/cli.ts', `import {a} from '../../scripts/build.ts'`), [
		[1, '../../scripts/build.ts'],
	])
})
