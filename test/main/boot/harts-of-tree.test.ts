import test from 'ava'
import {readFdt, virtIsa, writeFdt} from '../../../src/board/index.ts'
import {narrowIsa, withHartsOfThisMachine} from '../../../src/main/boot/harts-of-tree.ts'

const strings: Record<string, string> = {
	[virtIsa]: virtIsa,
	rv64imafdch_zicsr_zbc_zbs: 'rv64imafdc_zicsr_zbs',
	rv64imafdcv_zfa: 'rv64imafdc',
	rv64gc: 'rv64gc',
	rv64imafdcsu: 'rv64imafdcsu',
	rv64imac_zmmul_zaamo_zalrsc_zca: 'rv64imac_zmmul_zaamo_zalrsc_zca',
	rv64imafdczbc: 'rv64imafdczbc',
	rv32imac: 'rv32imac',
	nonsense: 'nonsense',
}
for (const [isa, narrowed] of Object.entries(strings)) {
	test(`of ${isa.slice(0, 40)} this machine has ${narrowed.slice(0, 40)}`, (t) => t.is(narrowIsa(isa), narrowed))
}

test('extensions in a list are narrowed, and other nodes stay', (t) => {
	const text = (...names: string[]) => new TextEncoder().encode(names.map((name) => `${name}\0`).join(''))
	const cpu = {name: 'cpu@0', properties: {'riscv,isa-extensions': text('i', 'zbc', 'zbs', 'h')}}
	const map = {name: 'cpu-map', properties: {}}
	const root = {name: '', properties: {}, children: [map, {name: 'cpus', properties: {}, children: [map, cpu]}]}
	const narrowed = readFdt(writeFdt(withHartsOfThisMachine(root)))
	t.deepEqual(narrowed.find('/cpus/cpu@0')?.strings('riscv,isa-extensions'), ['i', 'zbs'])
	t.deepEqual(
		narrowed.children.map(({name}) => name),
		['cpu-map', 'cpus'],
	)
	const known = {...root, children: [map]}
	t.is(withHartsOfThisMachine(known), known)
})
