/** Traits of well-known instructions against the manual, and those of every row against each other. */
import test from 'ava'
import {instructionNamed, instructions, type Traits, traitsOf} from '../../src/isa/index.ts'

const traits = (name: string) => traitsOf(instructionNamed(name))

const examples: Readonly<Record<string, Partial<Traits>>> = {
	add: {readsX: ['rs1', 'rs2'], readsF: [], writes: 'x', isPure: true, mayTrap: false, flow: 'next'},
	lui: {readsX: [], writes: 'x', isPure: true},
	mulhu: {multipliesHigh: new Set(['mulhU']), isPure: true},
	beq: {readsX: ['rs1', 'rs2'], writes: undefined, flow: 'branch', isPure: false, mayTrap: false},
	jal: {writes: 'x', flow: 'jump', isPure: false},
	jalr: {readsX: ['rs1'], writes: 'x', flow: 'computed', isPure: false},
	ld: {memory: new Set(['load']), mayTrap: true, mayBeIllegal: false, isPure: false},
	sd: {readsX: ['rs1', 'rs2'], writes: undefined, memory: new Set(['store']), mayTrap: true},
	'amoadd.d': {memory: new Set(['atomic']), readsX: ['rs1', 'rs2'], writes: 'x', mayTrap: true},
	'cbo.zero': {memory: new Set(['block']), mayBeIllegal: true, mayTrap: true, readsX: ['rs1']},
	csrrw: {accessesCsr: true, mayBeIllegal: true, isPure: false, writes: 'x', endsRegion: false},
	fld: {needsFloat: true, writes: 'f', dirtiesFloat: true, memory: new Set(['load']), mayBeIllegal: true},
	fsd: {needsFloat: true, readsX: ['rs1'], readsF: ['rs2'], writes: undefined, dirtiesFloat: false},
	'fmadd.d': {readsF: ['rs1', 'rs2', 'rs3'], writes: 'f', rounds: true, dirtiesFloat: true},
	'feq.d': {writes: 'x', rounds: false, dirtiesFloat: true, isPure: false},
	'fmv.x.d': {writes: 'x', dirtiesFloat: false, mayBeIllegal: true, isPure: false},
	fence: {system: 'fence', endsRegion: false, isPure: false},
	'fence.i': {system: 'fence.i', endsRegion: true},
	ecall: {system: 'ecall', endsRegion: true},
	'sfence.vma': {system: 'sfence.vma', endsRegion: true},
}

for (const [name, expected] of Object.entries(examples)) {
	test(`${name} is what the manual says`, (t) => {
		const found = traits(name)
		for (const [trait, value] of Object.entries(expected)) {
			const actual = found[trait as keyof Traits]
			if (Array.isArray(value)) t.deepEqual([...(actual as readonly string[])].sort(), value, trait)
			else t.deepEqual(actual, value, trait)
		}
	})
}

test('what is pure neither traps nor jumps nor touches anything but rd', (t) => {
	for (const row of instructions) {
		const {isPure, mayTrap, flow, writes, memory, system, calls} = traitsOf(row)
		if (isPure)
			t.deepEqual([mayTrap, flow, writes, memory.size, system, calls.size], [false, 'next', 'x', 0, undefined, 0])
	}
})

test('only floating-point instructions call the hart core by name, and these need mstatus.FS', (t) => {
	for (const row of instructions) {
		const {calls, needsFloat, rounds, readsF} = traitsOf(row)
		if (calls.size > 0 || rounds || readsF.length > 0) t.true(needsFloat, row.name)
	}
})

test('an instruction has the same traits whenever it is asked', (t) => {
	t.is(traits('add'), traits('add'))
})
