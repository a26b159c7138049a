import {glob, readFile} from 'node:fs/promises'
import test from 'ava'
import {fromRoot} from '../scripts/build/project.ts'
import {faultNames} from '../src/faults.ts'

const read = async (pattern: string): Promise<readonly {path: string; text: string}[]> => {
	const paths = await Array.fromAsync(glob(pattern, {cwd: fromRoot()}))
	return await Promise.all(paths.map(async (path) => ({path, text: await readFile(fromRoot(path), 'utf8')})))
}

test('each rule that can be broken is broken somewhere', async (t) => {
	const all = (await read('src/**/*.ts')).map(({text}) => text).join('\n')
	for (const name of faultNames) {
		const inCore = `FAULT_${name.replaceAll('-', '_').toUpperCase()}`
		t.true(all.includes(`breaks('${name}')`) || all.includes(`brokenRule == ${inCore}`), name)
	}
})

test('what users run has no code that breaks rules, and dist/faults has it', async (t) => {
	const bundles = await read('dist/{*.js,*.mjs}')
	t.true(bundles.length > 5)
	for (const {path, text} of bundles) t.notRegex(text, /\bbreaks\(|FAULT:/, path)
	for (const {path, text} of await read('dist/faults/vcpu-worker.mjs'))
		t.regex(text, /\bbreaks\("drop-doorbell"\)/, path)
})

test('each statement that breaks a rule is labelled, so that the build leaves it out', async (t) => {
	for (const {path, text} of await read('src/**/*.ts')) {
		if (path === 'src/faults.ts') continue
		for (const line of text.split('\n'))
			if (/\bbreaks\('|\bbreakRule\(config|faultNumber\(\)\)/.test(line)) t.regex(line, /FAULT: /, `${path}: ${line}`)
	}
})
