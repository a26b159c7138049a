import test from 'ava'
import {Board} from '../../src/board/index.ts'
import {HartRegisters} from '../../src/hart/hart-registers.ts'
import {createMemory} from '../../src/main/machine-memory.ts'
import {Mip, VcpuBlocks} from '../../src/memory/index.ts'
import {longestSlice, Timers} from '../../src/vcpu-worker/timers.ts'

const mtimecmp = 0x4000
const mtime = 0xbff8
const sstcEnabled = 1n << 63n

function hartWithTimers() {
	const memory = createMemory({harts: 1, ramBytes: 4096, tlb: {vcpus: 1, design: {size: '256'}}})
	const blocks = new VcpuBlocks(memory, 1)
	const clock = {ticks: 0}
	const now = () => clock.ticks
	const {aclint} = new Board(memory, blocks, {now})
	aclint.reset()
	aclint.writePair(mtimecmp, {low: 0xffff_ffff, high: 0xffff_ffff})
	const registers = new HartRegisters(memory, blocks.base(0))
	registers.set('menvcfg', sstcEnabled)
	registers.set('stimecmp', 2n ** 64n - 1n)
	const timers = new Timers({vcpu: 0, blocks, registers, aclint, now})
	const setMtimecmp = (ticks: number) => {
		aclint.write(mtimecmp + 4, 4, Math.floor(ticks / 2 ** 32))
		aclint.write(mtimecmp, 4, ticks >>> 0)
		timers.changed()
	}
	const setMtime = (ticks: number) => {
		aclint.writePair(mtime, {low: ticks >>> 0, high: Math.floor(ticks / 2 ** 32)})
		timers.changed()
	}
	return {blocks, registers, timers, clock, setMtimecmp, setMtime}
}

test('a timer interrupt rises when its comparator is reached, and check() returns the time until then', (t) => {
	const {registers, timers, clock, setMtimecmp} = hartWithTimers()
	t.true(timers.check() > 1e12)
	setMtimecmp(50_000)
	t.is(timers.check(), 5)
	t.is(registers.pendingInterrupts(), 0)
	clock.ticks = 50_000
	timers.check()
	t.is(registers.pendingInterrupts(), Mip.MTIP)
	registers.set('stimecmp', 60_000n)
	timers.changed()
	t.is(timers.check(), 1)
	clock.ticks = 60_000
	t.is(timers.check(), Number.POSITIVE_INFINITY)
	t.is(registers.pendingInterrupts(), Mip.MTIP | Mip.STIP)
})

test('an interrupt that was raised for a comparator that another hart has moved since is lowered', (t) => {
	const {blocks, registers, timers, clock, setMtimecmp} = hartWithTimers()
	clock.ticks = 1000
	setMtimecmp(2000)
	// As if this hart had loaded the comparator before the move, and raised the interrupt after it.
	blocks.raise(0, Mip.MTIP | Mip.SSIP)
	timers.changed()
	timers.check()
	t.is(registers.pendingInterrupts(), Mip.SSIP)
})

test('while a slice runs, a look at the clock raises what is due, and says when the slice has lasted a millisecond', (t) => {
	const {registers, timers, clock, setMtimecmp} = hartWithTimers()
	clock.ticks = 1000
	t.is(timers.beginSlice(), 1000)
	setMtimecmp(4000)
	clock.ticks = 3999
	t.is(timers.lookAtClock(), 0)
	t.is(registers.pendingInterrupts(), 0)
	clock.ticks = 4000
	t.is(timers.lookAtClock(), 0)
	t.is(registers.pendingInterrupts(), Mip.MTIP)
	clock.ticks = 1000 + longestSlice
	t.is(timers.lookAtClock(), 1)
	timers.beginSlice()
	t.is(timers.lookAtClock(), 0)
})

test('after a write of mtime both comparators are reached at other times', (t) => {
	const {registers, timers, clock, setMtimecmp, setMtime} = hartWithTimers()
	clock.ticks = 1_000_000
	setMtimecmp(50_000)
	registers.set('stimecmp', 70_000n)
	timers.check()
	t.is(registers.pendingInterrupts(), Mip.MTIP | Mip.STIP)
	setMtime(0)
	t.is(timers.check(), 5)
	t.is(registers.pendingInterrupts(), 0)
	setMtime(60_000)
	t.is(timers.check(), 1)
	t.is(registers.pendingInterrupts(), Mip.MTIP)
	clock.ticks += 10_000
	timers.check()
	t.is(registers.pendingInterrupts(), Mip.MTIP | Mip.STIP)
})

test('beyond 2^53 a comparator is reached at its very tick', (t) => {
	const {registers, timers, clock, setMtime} = hartWithTimers()
	clock.ticks = 123
	setMtime(2 ** 63)
	registers.set('stimecmp', 2n ** 63n + 10_001n)
	timers.changed()
	clock.ticks += 10_000
	timers.check()
	t.is(registers.pendingInterrupts(), 0)
	clock.ticks += 1
	timers.check()
	t.is(registers.pendingInterrupts(), Mip.STIP)
})
