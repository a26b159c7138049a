import {glob, readFile} from 'node:fs/promises'
import test from 'ava'
import {fromRoot} from '../scripts/build/project.ts'
import {faultNames} from '../src/faults.ts'
import {pointNames} from '../src/turns.ts'

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
	for (const {path, text} of bundles) t.notRegex(text, /\bbreaks\(|FAULT:|\bpassTurn\("|POINT:/, path)
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

test('each point at which a turn may pass within a step is somewhere, behind its label', async (t) => {
	const files = await read('src/**/*.ts')
	const all = files.map(({text}) => text).join('\n')
	for (const point of pointNames.slice(2)) {
		const inCore = `POINT_${point.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase()}`
		t.true(all.includes(`passTurn('${point}')`) || all.includes(inCore) || all.includes(`indexOf('${point}')`), point)
	}
	for (const {path, text} of files)
		for (const line of text.split('\n'))
			if (/\bpassTurn\('/.test(line)) t.regex(line, /^\t+POINT: /, `${path}: ${line}`)
})
