/** Litmus programs as generated code executes them, on models of hosts on which the tests do not run. */
import test from 'ava'
import {allowsTarget} from './execution.ts'
import {armv8, type Model, totalStoreOrder, type WeakHost} from './orders.ts'
import {type Program, readRow} from './program.ts'
import {rows} from './table.ts'

const forbidden = rows.filter(({verdict}) => verdict === 'forbidden').map(readRow)
/** Programs whose outcome RVWMO forbids and the host shows. */
const shown = (model: Model): Program[] => forbidden.filter((program) => allowsTarget(model, program))
const names = (programs: readonly Program[]): string[] => programs.map(({name}) => name)

const hosts: readonly (readonly [string, Model])[] = [
	['x86', totalStoreOrder],
	['ARMv8.1', armv8({atomics: 'whole', fenceAfterStore: true, folds: false})],
	['ARMv8.0', armv8({atomics: 'exclusive pair', fenceAfterStore: true, folds: false})],
]
for (const [name, model] of hosts) {
	test(`${name} shows no outcome that RVWMO forbids, as long as the compiler keeps dependencies`, (t) => {
		t.deepEqual(names(shown(model)), [])
	})
}

test('ARMv8.0 shows some of them where no fence follows AMOs and SCs', (t) => {
	const found = names(shown(armv8({atomics: 'exclusive pair', fenceAfterStore: false, folds: false})))
	t.log(found.join('\n'))
	for (const name of [
		'SB: amoswap.aq po ld | amoswap.aq po ld',
		'SB: lrsc.aq po ld | lrsc.aq po ld',
		'SB+own: sd po amoadd.aqrl po ld | sd po amoadd.aqrl po ld',
		'SB+own: sd po amoadd.rl real-addr ld | sd po amoadd.rl real-addr ld',
		'SB+rfi: amoswap po ld real-addr ld | amoswap po ld real-addr ld',
		'MP: amoswap.aq po sd | ld po lr.aqrl',
		'MP: lrsc po sd | ld fence(r,r) ld',
	]) {
		t.true(found.includes(name), name)
	}
})

for (const atomics of ['whole', 'exclusive pair'] satisfies WeakHost['atomics'][]) {
	const title = atomics === 'whole' ? 'ARMv8.1' : 'ARMv8.0'
	test(`where the compiler folds dependencies, ${title} shows only programs that rely on one that it sees through`, (t) => {
		const found = shown(armv8({atomics, fenceAfterStore: true, folds: true}))
		t.log(names(found).join('\n'))
		t.true(found.length > 0)
		const isFoldable = ({harts}: Program) =>
			harts.some((steps) => steps.some(({link}) => link && 'isReal' in link && !link.isReal))
		t.deepEqual(names(found.filter((program) => !isFoldable(program))), [])
	})
}

test('x86 shows store buffering, and weakly ordered hosts whatever RVWMO allows of plain accesses', (t) => {
	const plain = rows.filter(({harts}) => harts.every((hart) => /^[sl]d( po [sl]d)*$/.test(hart))).map(readRow)
	const weak = armv8({atomics: 'whole', fenceAfterStore: true, folds: false})
	const allowed = plain.filter(({verdict}) => verdict === 'allowed')
	t.deepEqual(names(plain.filter((program) => allowsTarget(weak, program))), names(allowed))
	t.deepEqual(
		names(plain.filter((program) => allowsTarget(totalStoreOrder, program))).map((name) => name.split(':')[0]),
		['SB', 'SB+own', 'R', 'RWC'],
	)
})
