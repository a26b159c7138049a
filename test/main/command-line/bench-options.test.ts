import test from 'ava'
import {benchOptions, checkBenchOptions, type RawBenchOptions} from '../../../src/main/command-line/bench-options.ts'
import {benchParts} from '../../../src/main/command-line/laboratory.ts'

test('without options everything is measured, in the usual folder', (t) => {
	t.deepEqual(checkBenchOptions({}), {
		amount: 'whole',
		parts: undefined,
		qemus: undefined,
		out: 'manyhart-flush',
		format: 'text',
		seed: 1,
		render: undefined,
	})
})

test('options are taken over; parts are in their own order, each once', (t) => {
	t.like(checkBenchOptions({quick: true, only: 'mix,boot,mix', out: 'x', json: true, seed: '7', qemu: ['a', 'b']}), {
		amount: 'quick',
		parts: ['boot', 'mix'],
		out: 'x',
		format: 'json',
		seed: 7,
		qemus: ['a', 'b'],
	})
})

const mistakes: readonly (readonly [RawBenchOptions, RegExp])[] = [
	[{only: 'boot,boots'}, /^Expected --only to have parts among cost, boot, compute, storms, switches, mix, got boots$/],
	[{only: ''}, /^Expected --only to have parts among .*, got ""$/],
	[{out: ''}, /^Expected --out to be a folder, got ""$/],
	[{seed: '-1'}, /^Expected --seed from 0 to 4294967295, got -1$/],
	[{seed: '1e3'}, /^Expected --seed from 0 to /],
	[{seed: '4294967296'}, /^Expected --seed from 0 to /],
	[{render: 'flush.json', quick: true}, /^Expected --render without --quick, got both/],
	[{render: 'flush.json', qemu: ['x']}, /^Expected --render without --qemu, got both/],
]
for (const [options, message] of mistakes)
	test(`refused with the values that are taken: ${JSON.stringify(options)}`, (t) => {
		t.throws(() => checkBenchOptions(options), {name: 'UserError', message})
	})

test('--help names every part', (t) => {
	const description = benchOptions().find(({long}) => long === '--only')!.description
	for (const part of benchParts) t.true(description.includes(part), part)
})
