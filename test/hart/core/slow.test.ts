/** Slow work looks at the clock: what counts, how often, and how a slice ends. */
import test from 'ava'
import {largestRation} from '../../../src/hart/run-state.ts'
import {Doorbell, VcpuWords} from '../../../src/memory/index.ts'
import {HartCore, Privilege} from './hart-core.ts'

const mscratch = 0x340
const status = {done: 1, restart: 2}
const device = 0x1000_0005n

function machineMode(): HartCore {
	const hart = new HartCore()
	hart.enter(Privilege.machine)
	hart.registers.set(Number(device), 0x60)
	// The first look is due at once.
	hart.core.fenceI()
	hart.clockChecks = 0
	return hart
}

const kinds: readonly (readonly [name: string, most: number, act: (hart: HartCore) => unknown])[] = [
	['CSR accesses', 256, (hart) => hart.core.csrAccess(mscratch, 0, 1n, 0)],
	['executions of fence.i', 64, (hart) => hart.core.fenceI()],
	['accesses to a device', 32, (hart) => hart.core.readMemory(device, 1)],
	['executions of sfence.vma', 256, (hart) => hart.core.sfence(0, 0, 0n, 0n)],
]

for (const [name, most, act] of kinds) {
	test(`the clock is looked at once in ${most} ${name}`, (t) => {
		const hart = machineMode()
		for (let count = 0; count < 4 * most; count++) act(hart)
		t.is(hart.clockChecks, 4)
	})
}

test('translations that the TLB does not have count, too', (t) => {
	const hart = machineMode()
	// A store to ROM fills no entry, so each comes to the same end.
	for (let count = 0; count < 512; count++) hart.core.writeMemory(0x1000n, 8, 0n)
	t.is(hart.clockChecks, 2)
})

test('a slice that has lasted long enough gives back all but the present ration', (t) => {
	const hart = machineMode()
	hart.set('instret', 100_000)
	hart.set('budget', 1000)
	hart.set('reserve', 60_000)
	hart.sliceIsOver = true
	for (let count = 0; count < 64; count++) hart.core.fenceI()
	t.is(hart.get('instret'), 40_000n)
	t.is(hart.get('reserve'), 0n)
	t.is(hart.get('budget'), 1000n)
})

test('a CSR access tells translated code to leave when a bell is rung', (t) => {
	const hart = machineMode()
	t.is(hart.core.csrAccess(mscratch, 0, 1n, 0), status.done)
	// Plain: nothing else runs.
	hart.memory.i32[(hart.memory.region('vcpu').offset + VcpuWords.offset.doorbell) / 4] = Doorbell.interrupt
	t.is(hart.core.csrAccess(mscratch, 0, 1n, 0), status.restart)
	t.is(hart.core.csrAccess(mscratch, 1, 0n, 1), status.restart)
})

test('rations get smaller while the guest does slow work, and larger again afterwards', (t) => {
	const hart = machineMode()
	const next = (): number => {
		hart.set('reserve', 100_000)
		const ration = hart.core.poll(0)
		t.is(hart.get('reserve'), BigInt(100_000 - ration))
		return ration
	}
	while (next() < largestRation);
	const slow = Array.from({length: 5}, () => {
		for (let count = 0; count < 4; count++) hart.core.readMemory(device, 1)
		return next()
	})
	t.deepEqual(slow, [1024, 256, 64, 64, 64])
	t.deepEqual(
		Array.from({length: 7}, () => next()),
		[128, 256, 512, 1024, 2048, 4096, 4096],
	)
})

test('a ration is not larger than the reserve, and none is handed out while a bell is rung', (t) => {
	const hart = machineMode()
	hart.set('reserve', 10)
	t.is(hart.core.poll(-3), 7)
	t.is(hart.core.poll(0), 0)
	hart.set('reserve', 10)
	hart.memory.i32[(hart.memory.region('vcpu').offset + VcpuWords.offset.doorbell) / 4] = Doorbell.interrupt
	t.is(hart.core.poll(0), 0)
	t.is(hart.get('reserve'), 10n)
})
