import test from 'ava'
import {boardMap, readFdt, timebaseHertz, virtDeviceTree, virtioSlot} from '../../../src/board/index.ts'

const rngSeed = new Uint8Array(32).map((_, index) => index)
const tree = (harts: number) =>
	readFdt(
		virtDeviceTree({
			harts,
			memoryBytes: 5 * 2 ** 29,
			bootargs: 'console=ttyS0 root=/dev/vda',
			initrd: {start: 0x8400_0000, end: 0x8500_0001},
			rngSeed,
		}),
	)

test('the root is a virt board', (t) => {
	const root = tree(1)
	t.deepEqual(root.strings('compatible'), ['riscv-virtio'])
	t.deepEqual(root.cells('#address-cells'), [2])
	t.deepEqual(root.find('/memory@80000000')?.cells('reg'), [0, 0x8000_0000, 0, 0xa000_0000])
})

test('chosen carries the command line, the initrd, the console and a seed', (t) => {
	const chosen = tree(1).find('/chosen')
	t.deepEqual(chosen?.strings('bootargs'), ['console=ttyS0 root=/dev/vda'])
	t.deepEqual(chosen?.strings('stdout-path'), ['/soc/serial@10000000'])
	t.deepEqual(chosen?.cells('linux,initrd-start'), [0, 0x8400_0000])
	t.deepEqual(chosen?.cells('linux,initrd-end'), [0, 0x8500_0001])
	t.deepEqual(chosen?.properties.get('rng-seed'), rngSeed)
	const bare = readFdt(virtDeviceTree({harts: 1, memoryBytes: 2 ** 27})).find('/chosen')
	t.is(bare?.properties.get('linux,initrd-start'), undefined)
	t.is(bare?.properties.get('rng-seed')?.length, 32)
})

test('every hart has a node, an interrupt controller of its own, and a core in the map', (t) => {
	const root = tree(20)
	t.deepEqual(root.find('/cpus')?.cells('timebase-frequency'), [timebaseHertz])
	const phandles = new Set<number | undefined>()
	for (let hart = 0; hart < 20; hart++) {
		const cpu = root.find(`/cpus/cpu@${hart.toString(16)}`)
		t.deepEqual(cpu?.cells('reg'), [hart])
		t.deepEqual(cpu?.strings('riscv,isa'), [
			'rv64imafdc_zicbom_zicboz_zicntr_zicond_zicsr_zifencei_zihintpause_zihpm_zawrs_zba_zbb_zbs_zkr_sstc_svadu_svinval_svnapot_svpbmt',
		])
		t.deepEqual(cpu?.strings('riscv,isa-base'), ['rv64i'])
		t.is(cpu?.strings('riscv,isa-extensions')?.length, 24)
		t.deepEqual(cpu?.strings('mmu-type'), ['riscv,sv57'])
		t.deepEqual(cpu?.cells('riscv,cboz-block-size'), [64])
		t.deepEqual(cpu?.cells('riscv,cbom-block-size'), [64])
		t.deepEqual(root.find(`/cpus/cpu-map/cluster0/core${hart}`)?.cells('cpu'), cpu?.cells('phandle'))
		phandles.add(cpu?.cells('phandle')?.[0])
		phandles.add(cpu?.find('interrupt-controller')?.cells('phandle')?.[0])
	}
	t.is(phandles.size, 40)
	t.false(phandles.has(undefined))
})

test('the interrupt controllers reach every hart by the right causes', (t) => {
	const root = tree(2)
	const intc = [0, 1].map((hart) => root.find(`/cpus/cpu@${hart}/interrupt-controller`)?.cells('phandle')?.[0] ?? 0)
	const [first = 0, second = 0] = intc
	t.deepEqual(root.find('/soc/plic@c000000')?.cells('interrupts-extended'), [
		first,
		11,
		first,
		9,
		second,
		11,
		second,
		9,
	])
	t.deepEqual(root.find('/soc/clint@2000000')?.cells('interrupts-extended'), [first, 3, first, 7, second, 3, second, 7])
	t.deepEqual(root.find('/soc/plic@c000000')?.cells('riscv,ndev'), [96])
})

test('devices lie where the bus has them and interrupt the PLIC', (t) => {
	const root = tree(1)
	const plic = root.find('/soc/plic@c000000')?.cells('phandle')
	const slots = Array.from({length: 8}, (_, slot) => ({name: 'virtio_mmio', ...virtioSlot(slot)}))
	for (const device of [{name: 'serial', ...boardMap.uart}, {name: 'rtc', ...boardMap.rtc}, ...slots]) {
		const node = root.find(`/soc/${device.name}@${device.base.toString(16)}`)
		t.deepEqual(node?.cells('reg'), [0, device.base, 0, device.size])
		t.deepEqual(node?.cells('interrupts'), [device.irq])
		t.deepEqual(node?.cells('interrupt-parent'), plic)
	}
	t.deepEqual(root.find('/soc/serial@10000000')?.strings('compatible'), ['ns16550a'])
})

test('power-off and reboot write to the test finisher', (t) => {
	const root = tree(1)
	const finisher = root.find('/soc/test@100000')
	t.deepEqual(finisher?.strings('compatible'), ['sifive,test1', 'sifive,test0', 'syscon'])
	for (const [name, value] of [
		['poweroff', 0x5555],
		['reboot', 0x7777],
	] as const) {
		t.deepEqual(root.find(`/${name}`)?.cells('value'), [value])
		t.deepEqual(root.find(`/${name}`)?.cells('regmap'), finisher?.cells('phandle'))
	}
})
