import test from 'ava'
import {Board, boardMap, boardRegion} from '../../src/board/index.ts'
import {HartRegisters, VcpuBlock} from '../../src/hart/index.ts'
import {Doorbell, layOut, Mip, SharedMemory, VcpuBlocks, VcpuWords} from '../../src/memory/index.ts'
import {HartStates, HsmState} from '../../src/sbi/index.ts'
import {Standstill} from '../../src/vcpu-worker/standstill.ts'

const [user, supervisor, machine] = [0, 1, 3]
const never = 2n ** 64n - 1n

/** Hart 0 is stuck, in M-mode, and harts 1 and 2 sleep. */
function standing() {
	const count = 3
	const vcpu = {name: 'vcpu', size: count * VcpuBlock.size, align: 4096}
	const memory = SharedMemory.create(layOut([boardRegion(), vcpu, {name: 'ram', size: 65_536, align: 65_536}]))
	const blocks = new VcpuBlocks(memory, count)
	const board = new Board(memory, blocks, {now: () => 0})
	board.reset()
	const states = new HartStates(blocks)
	const add = (hart: number, field: keyof typeof VcpuWords.offset, value: number) =>
		void Atomics.add(memory.i32, (blocks.base(hart) + VcpuWords.offset[field]) >> 2, value)
	const registers = (hart: number) => new HartRegisters(memory, blocks.base(hart))
	for (let hart = 0; hart < count; hart++) {
		registers(hart).set('stimecmp', never)
		registers(hart).setWord('privilege', machine)
		board.bus.write(boardMap.aclint.base + 0x4000 + 8 * hart, 4, 0xffff_ffff)
		board.bus.write(boardMap.aclint.base + 0x4004 + 8 * hart, 4, 0xffff_ffff)
		blocks.takeDoorbell(hart)
		if (hart > 0) add(hart, 'sleeps', 1)
	}
	add(0, 'stuckLooks', 1)
	const standstill = new Standstill({blocks, board, states})
	/** The stuck hart looks once more, and asks. */
	const look = () => {
		add(0, 'stuckLooks', 1)
		return standstill.reached()
	}
	return {blocks, board, states, add, registers, look}
}

test('a standstill is reached when the stuck hart has looked twice since all stood still', (t) => {
	const {look} = standing()
	t.deepEqual([look(), look(), look()], [false, false, true])
})

test('a hart that runs, or whose bell has rung, can go on', (t) => {
	const {look, add, blocks} = standing()
	add(1, 'sleeps', 1)
	t.deepEqual([look(), look(), look()], [false, false, false])
	add(1, 'sleeps', 1)
	blocks.ring(2, 1)
	t.deepEqual([look(), look(), look()], [false, false, false])
	blocks.takeDoorbell(2)
	t.deepEqual([look(), look(), look()], [false, false, true])
})

test('a fence whose bell has rung a hart that sleeps lets it do nothing', (t) => {
	const {look, blocks} = standing()
	blocks.ring(2, Doorbell.flush)
	t.deepEqual([look(), look(), look()], [false, false, true])
})

test('a hart that has woken between two looks, and sleeps again, starts the count anew', (t) => {
	const {look, add} = standing()
	t.deepEqual([look(), look()], [false, false])
	add(2, 'sleeps', 2)
	t.deepEqual([look(), look(), look()], [false, false, true])
})

test('a second stuck hart has to look twice, too; one that was rescued and is stuck again starts the count anew', (t) => {
	const {look, add} = standing()
	add(1, 'sleeps', 1)
	add(1, 'stuckLooks', 5)
	t.deepEqual([look(), look(), look()], [false, false, false])
	add(1, 'stuckLooks', 1)
	t.false(look())
	add(1, 'sleeps', 2)
	add(1, 'stuckLooks', 1)
	t.false(look())
	add(1, 'stuckLooks', 2)
	t.false(look())
	t.true(look())
})

type Standing = ReturnType<typeof standing>

const interrupts: Record<string, (machine: Standing) => void> = {
	'mtimecmp, enabled': ({registers, board}) => {
		registers(1).set('mie', BigInt(Mip.MTIP))
		board.bus.write(boardMap.aclint.base + 0x400c, 4, 1)
		board.bus.write(boardMap.aclint.base + 0x400c, 4, 1)
	},
	'stimecmp, enabled': ({registers}) => {
		registers(1).set('mie', BigInt(Mip.STIP))
		registers(1).set('menvcfg', 1n << 63n)
		registers(1).set('stimecmp', 1_000_000_000n)
	},
	'a device, for M-mode': ({registers, board}) => {
		registers(1).set('mie', BigInt(Mip.MEIP))
		board.bus.write(boardMap.plic.base + 0x2000 + 2 * 0x80, 4, 2)
	},
	'a device, for S-mode': ({registers, board}) => {
		registers(1).set('mie', BigInt(Mip.SEIP))
		board.bus.write(boardMap.plic.base + 0x2000 + 3 * 0x80 + 8, 4, 1)
	},
}
for (const [what, enable] of Object.entries(interrupts)) {
	test(`a hart that waits for ${what}, can go on, unless it is stopped`, (t) => {
		const all = standing()
		const {look, registers, states, blocks} = all
		enable(all)
		blocks.takeDoorbell(1)
		t.deepEqual([look(), look(), look()], [false, false, false])
		states.set(1, HsmState.STOPPED)
		t.deepEqual([look(), look(), look()], [false, false, true])
		states.set(1, HsmState.STARTED)
		registers(1).set('mie', 0n)
		t.true(look())
	})
}

for (const [privilege, status, delegated, goesOn] of [
	[machine, 0n, 0n, false],
	[machine, 1n << 3n, 0n, true],
	[supervisor, 0n, 0n, true],
	[supervisor, 1n << 1n, -1n, true],
	[supervisor, 0n, -1n, false],
	[user, 0n, -1n, true],
] as const) {
	const how = `privilege ${privilege}, mstatus ${status}, ${delegated ? 'delegated' : 'not delegated'}`
	test(`a stuck hart ${goesOn ? 'may be rescued' : 'is not rescued'} by a timer: ${how}`, (t) => {
		const {look, registers} = standing()
		registers(0).setWord('privilege', privilege)
		registers(0).set('mie', BigInt(Mip.STIP))
		registers(0).set('menvcfg', 1n << 63n)
		registers(0).set('stimecmp', 1_000_000_000n)
		registers(0).set('mstatus', status)
		registers(0).set('mideleg', delegated)
		t.deepEqual([look(), look(), look()], [false, false, !goesOn])
	})
}
