import test from 'ava'
import {
	checkCompareOptions,
	checkRenderOptions,
	checkScaleOptions,
	type RawScaleOptions,
} from '../../../src/main/command-line/scale-options.ts'

test('without options all workloads are measured, here, under every QEMU and on the host itself', (t) => {
	t.deepEqual(checkScaleOptions({}), {
		quick: false,
		smp: undefined,
		mostHarts: 64,
		workloads: ['all'],
		engines: [{kind: 'manyhart'}, {kind: 'qemu', file: undefined}],
		native: true,
		repeat: undefined,
		out: 'manyhart-scale',
		trace: undefined,
		format: 'text',
	})
})

test('options are taken over; counts of harts ascend, each once', (t) => {
	const options = {
		smp: '8,1,2,1',
		workload: 'ring,./own.elf',
		engine: 'qemu=/opt/q,manyhart',
		native: false,
		repeat: '7',
		out: 'x',
		trace: 'traces',
		json: true,
	}
	t.like(checkScaleOptions(options), {
		smp: [1, 2, 8],
		workloads: ['ring', './own.elf'],
		engines: [{kind: 'qemu', file: '/opt/q'}, {kind: 'manyhart'}],
		native: false,
		repeat: 7,
		out: 'x',
		trace: 'traces',
		format: 'json',
	})
	t.deepEqual(checkRenderOptions('scale.json', {}), {file: 'scale.json', out: '.'})
	t.deepEqual(checkRenderOptions('/a/one/scale.json', {}), {file: '/a/one/scale.json', out: '/a/one'})
	t.deepEqual(checkRenderOptions('/a/scale.json', {out: 'x'}), {file: '/a/scale.json', out: 'x'})
	t.deepEqual(checkCompareOptions('a', 'b', {json: true}), {files: ['a', 'b'], format: 'json'})
})

const mistakes: readonly (readonly [RawScaleOptions, RegExp])[] = [
	[{smp: '1,65'}, /^Expected --smp with counts from 1 to 64, separated by commas, got 1,65$/],
	[{smp: '0'}, /^Expected --smp with counts from 1 to 64/],
	[{smp: 'cpus=2'}, /^Expected --smp with counts from 1 to 64/],
	[{smp: ''}, /^Expected --smp with counts .*, got ""$/],
	[{engine: 'kvm'}, /^Expected --engine with names among manyhart, qemu and qemu=PATH, got kvm$/],
	[{engine: 'qemu='}, /^Expected --engine with names among/],
	[{engine: 'manyhart=x'}, /^Expected --engine with names among/],
	[{repeat: '0'}, /^Expected --repeat from 1 to 1000, got 0$/],
	[{repeat: '2', quick: true}, /^Expected --quick, which runs once, without --repeat, got both$/],
	[{trace: ''}, /^Expected --trace to be a folder, got ""$/],
	[{trace: 'x', engine: 'qemu'}, /^Expected --trace with --engine manyhart, of which it is, got qemu$/],
	[{out: ''}, /^Expected --out to be a folder, got ""$/],
]
for (const [options, message] of mistakes)
	test(`refused with the values that are taken: ${JSON.stringify(options)}`, (t) => {
		t.throws(() => checkScaleOptions(options), {name: 'UserError', message})
	})
