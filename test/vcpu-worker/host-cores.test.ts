import test from 'ava'
import {createMemory} from '../../src/main/machine-memory.ts'
import {Doorbell, VcpuBlocks, VcpuWords} from '../../src/memory/index.ts'
import {HostCores} from '../../src/vcpu-worker/host-cores.ts'

/** Threads of harts on two cores. */
function threads(harts: number) {
	const memory = createMemory({harts, ramBytes: 4096, tlb: {vcpus: harts, design: {size: '256'}}})
	const blocks = new VcpuBlocks(memory, harts)
	const delay = {waited: 0, slices: 0, read: () => {}}
	const all = Array.from({length: harts}, () => new HostCores(blocks, {cores: 2, delay}))
	return {all, blocks, delay}
}

test('cores are short when more threads want one than there are, until enough of them sleep', (t) => {
	const {all} = threads(3)
	const [first, second, third] = all as [HostCores, HostCores, HostCores]
	first.enter()
	second.enter()
	t.false(first.areShort)
	third.enter()
	t.true(first.areShort)
	t.true(third.areShort)
	second.leave()
	t.false(first.areShort)
})

test('they are short, too, for a thread that others have kept from running for a good part of its time', (t) => {
	const {all, delay} = threads(1)
	const [only] = all as [HostCores]
	only.enter()
	t.false(only.areShort)
	const until = (isShort: boolean) => {
		// More waited in any case than time has passed: the next look, whenever it is due, sees it.
		for (let looks = 0; looks < 1e7 && only.areShort !== isShort; looks++) {
			if (!isShort) continue
			delay.waited += 1e9
			delay.slices++
		}
		t.is(only.areShort, isShort)
	}
	until(true)
	until(false)
})

test('a thread that is woken often, and at once, has not been kept from running', (t) => {
	const {all, delay} = threads(1)
	const [only] = all as [HostCores]
	only.enter()
	const end = performance.now() + 30
	// Each wake-up took 50 µs, more of them than there was time.
	while (performance.now() < end) {
		delay.waited += 50_000
		delay.slices++
		if (only.areShort) return t.fail()
	}
	t.pass()
})

test('a thread looks for a few microseconds in any case, longer only while cores are free', (t) => {
	const {all} = threads(3)
	const [first, ...others] = all as [HostCores, ...HostCores[]]
	first.enter()
	t.true(first.mayLook(0))
	t.true(first.mayLook(5000))
	t.false(first.mayLook(1e6), 'not for ever')
	for (const other of others) other.enter()
	t.true(first.mayLook(0))
	t.false(first.mayLook(5000))
})

test('a thread that begins to wait asks others to give way, if cores are short', (t) => {
	const {all, blocks} = threads(4)
	const bell = (vcpu: number) => blocks.memory.i32[(blocks.base(vcpu) + VcpuWords.offset.doorbell) >> 2]
	for (const each of all.slice(0, 2)) each.enter()
	all[0]!.beginSleep([1])
	t.is(bell(1), 0)
	all[0]!.endSleep()
	for (const each of all.slice(2)) each.enter()
	all[0]!.beginSleep([1, 2])
	t.deepEqual([0, 1, 2, 3].map(bell), [0, Doorbell.giveWay, Doorbell.giveWay, 0])
})

test('a thread that has woken another says so once', (t) => {
	const {all} = threads(1)
	const [only] = all as [HostCores]
	t.false(only.takeWoken())
	only.woke()
	t.deepEqual([only.takeWoken(), only.takeWoken()], [true, false])
})

test('while a thread sleeps until another has passed, that is known', (t) => {
	const {all} = threads(2)
	const [first, second] = all as [HostCores, HostCores]
	t.false(second.areFencing)
	first.beginSleep([])
	t.true(second.areFencing)
	first.endSleep()
	t.false(second.areFencing)
})
