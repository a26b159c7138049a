import test from 'ava'
import {Board, boardRegion} from '../../src/board/index.ts'
import {enterSupervisor, HartRegisters, resetHarts, VcpuBlock, vcpuRegions} from '../../src/hart/index.ts'
import {layOut, SharedMemory, VcpuBlocks} from '../../src/memory/index.ts'
import {HartStates, HsmState} from '../../src/sbi/index.ts'

function harts(count: number): VcpuBlocks {
	const memory = SharedMemory.create(
		layOut([
			boardRegion(),
			{name: vcpuRegions.blocks, size: count * VcpuBlock.size, align: 4096},
			{name: vcpuRegions.ram, size: 4096, align: 4096},
		]),
	)
	const blocks = new VcpuBlocks(memory, count)
	new Board(memory, blocks, {now: () => 0}).reset()
	return blocks
}

test('under the built-in SBI hart 0 starts in S-mode with its id and the device tree, and the others are stopped', (t) => {
	const blocks = harts(2)
	resetHarts(blocks, {mode: 'supervisor', pc: 0x8020_0000, dtb: 0x8700_0000})
	const registers = new HartRegisters(blocks.memory, blocks.base(0))
	t.is(registers.word('privilege'), 1)
	t.is(registers.get('pc'), 0x8020_0000n)
	t.is(registers.get('x', 11), 0x8700_0000n)
	t.is(new HartRegisters(blocks.memory, blocks.base(1)).get('x', 10), 1n)
	const states = new HartStates(blocks)
	states.reset()
	t.deepEqual([states.get(0), states.get(1)], [HsmState.STARTED, HsmState.STOPPED])
})

test('under the built-in SBI U-mode may read cycle, time and instret, as firmware leaves it', (t) => {
	const blocks = harts(1)
	resetHarts(blocks, {mode: 'supervisor', pc: 0x8020_0000, dtb: 0})
	const registers = new HartRegisters(blocks.memory, blocks.base(0))
	t.is(registers.get('mcounteren'), 0xffff_ffffn, 'S-mode may read all of them')
	t.is(registers.get('scounteren'), 7n)
})

test('under the built-in SBI PMP lets everything through, and S-mode finds every extension switched on', (t) => {
	const blocks = harts(1)
	resetHarts(blocks, {mode: 'supervisor', pc: 0x8020_0000, dtb: 0})
	const registers = new HartRegisters(blocks.memory, blocks.base(0))
	t.is(registers.get('pmpcfg'), 0x1fn)
	t.is(registers.get('pmpaddr'), 2n ** 54n - 1n)
	t.is(registers.get('menvcfg'), 0xe000_0000_0000_00f0n, 'STCE PBMTE ADUE CBZE CBCFE CBIE')
	t.is(registers.get('mseccfg'), 0x200n, 'SSEED')
})

test('a hart that is started has nothing of its life before: interrupts are off, traps go to its entry', (t) => {
	const blocks = harts(1)
	resetHarts(blocks, {mode: 'supervisor', pc: 0x8020_0000, dtb: 0})
	const registers = new HartRegisters(blocks.memory, blocks.base(0))
	registers.set('mie', 0x2a2n)
	registers.set('stvec', 0x8030_0001n)
	registers.set('sscratch', 7n)
	registers.setWord('reservationOffset', 0x1000)
	enterSupervisor(registers, {hart: 0, address: 0x8040_0002n, opaque: 5n})
	t.deepEqual(
		(['pc', 'mie', 'stvec', 'sscratch'] as const).map((name) => registers.get(name)),
		[0x8040_0002n, 0x80n, 0x8040_0000n, 0n],
	)
	t.is(registers.word('reservationOffset'), 0)
})

test('in M-mode PMP has no entry, and what old firmware does not know works as the device tree says', (t) => {
	const blocks = harts(1)
	resetHarts(blocks, {mode: 'machine', pc: 0x1000, dtb: 0})
	const registers = new HartRegisters(blocks.memory, blocks.base(0))
	t.is(registers.get('pmpcfg'), 0n)
	t.is(registers.get('menvcfg'), 0x6000_0000_0000_0000n, 'PBMTE ADUE')
	t.is(registers.get('mseccfg'), 0x200n)
})

test('in M-mode every hart starts, with nothing delegated', (t) => {
	const blocks = harts(2)
	resetHarts(blocks, {mode: 'machine', pc: 0x1000, dtb: 0x8700_0000})
	for (const hart of [0, 1]) {
		const registers = new HartRegisters(blocks.memory, blocks.base(hart))
		t.is(registers.word('privilege'), 3)
		t.is(registers.get('pc'), 0x1000n)
		t.is(registers.get('medeleg'), 0n)
		t.is(registers.word('builtInSbi'), 0)
	}
})
