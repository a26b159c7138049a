import test from 'ava'
import {importBreaches, importCircles} from '../../../scripts/build/imports.ts'

const breachesOf = (path: string, text: string) =>
	importBreaches({path, text}).map(({line, specifier}) => [line, specifier])

test('a folder imports those it stands on, directly or not, through their index.ts', (t) => {
	t.deepEqual(breachesOf('src/tlb/pool.ts', `import {a} from '../rcu/index.ts'\nimport type {B} from './entry.ts'`), [])
	t.deepEqual(breachesOf('src/interpreter/list.ts', `import {a} from '../isa/index.ts'`), [])
})

test('an import of a folder that it does not stand on is named with its line', (t) => {
	t.deepEqual(breachesOf('src/rcu/reader.ts', `\n\nexport * from '../tlb/index.ts'`), [[3, '../tlb/index.ts']])
})

test('an import past another folder’s index.ts is a breach, also when it spans lines or is dynamic', (t) => {
	t.deepEqual(breachesOf('src/main/machine.ts', `import {\n\ta,\n} from '../memory/guest-ram.ts'`), [
		[3, '../memory/guest-ram.ts'],
	])
	t.deepEqual(breachesOf('src/main/machine.ts', `await import('../memory/guest-ram.ts')`), [
		[1, '../memory/guest-ram.ts'],
	])
})

test('parts of main that have a door of their own are imported through that', (t) => {
	t.deepEqual(breachesOf('src/bench/images.ts', `import {packCpio} from '../main/guests/index.ts'`), [])
	t.deepEqual(breachesOf('src/bench/images.ts', `import {packCpio} from '../main/guests/cpio.ts'`), [
		[1, '../main/guests/cpio.ts'],
	])
	t.deepEqual(breachesOf('src/main/cli.ts', `import {a} from '../bench/index.ts'`), [[1, '../bench/index.ts']])
})

test('the hart core imports itself, the TLB’s part of it and the generated offsets, and nobody imports it', (t) => {
	const file = 'src/hart/core/csr.ts'
	t.deepEqual(breachesOf(file, `import {HART_X} from '../../../build/hart/offsets'\nimport {raise} from './trap'`), [])
	t.deepEqual(breachesOf(file, `import {flush} from '../../tlb/core/flush'`), [])
	t.deepEqual(breachesOf('src/tlb/core/flush.ts', `import {hart} from '../../hart/core/hart'`), [
		[1, '../../hart/core/hart'],
	])
	t.deepEqual(breachesOf('src/tlb/tlb.ts', `import {a} from './core/flush.ts'`), [[1, './core/flush.ts']])
	t.deepEqual(breachesOf(file, `import {a} from '../../memory/index.ts'`), [[1, '../../memory/index.ts']])
	t.deepEqual(breachesOf('src/vcpu-worker/worker.ts', `import {a} from '../hart/core/csr.ts'`), [
		[1, '../hart/core/csr.ts'],
	])
})

test('nothing in src imports what is outside it', (t) => {
	t.deepEqual(breachesOf('src/main/cli.ts', `import {a} from '../../scripts/build.ts'`), [
		[1, '../../scripts/build.ts'],
	])
})

test('a folder that stands on another one does not import its neighbours', (t) => {
	t.is(breachesOf('src/board/plic.ts', `import {a} from '../tlb/index.ts'`).length, 1)
	t.is(breachesOf('src/isa/list.ts', `import {a} from '../memory/index.ts'`).length, 1)
	t.deepEqual(breachesOf('src/wasm/code.ts', `import {assert} from '../errors.ts'`), [])
})

test('files that import each other in a circle are listed, types and the hart core included', (t) => {
	const files = [
		{path: 'src/rcu/a.ts', text: `import type {B} from './b.ts'`},
		{path: 'src/rcu/b.ts', text: `export * from './c.ts'`},
		{path: 'src/rcu/c.ts', text: `import {a} from './a.ts'`},
		{path: 'src/rcu/d.ts', text: `import {a} from './a.ts'`},
		{path: 'src/hart/core/x.ts', text: `import {y} from './y'`},
		{path: 'src/hart/core/y.ts', text: `import {x} from './x'`},
	]
	t.deepEqual(importCircles(files), [
		['src/rcu/a.ts', 'src/rcu/b.ts', 'src/rcu/c.ts', 'src/rcu/a.ts'],
		['src/hart/core/x.ts', 'src/hart/core/y.ts', 'src/hart/core/x.ts'],
	])
	t.deepEqual(importCircles(files.filter(({path}) => !/[cy]\.ts$/.test(path))), [])
})
