import test from 'ava'
import {Mip, ramBase} from '../../src/memory/index.ts'
import {SbiError} from '../../src/sbi/index.ts'
import {FakeMachine} from './fake-machine.ts'

const virtual = 0xffff_0000_0000_0000n + BigInt(ramBase)

function machineWithMask(mask: bigint, options: {harts?: number; hart?: number} = {}): FakeMachine {
	const machine = new FakeMachine(options)
	machine.ram.write(ramBase, new Uint8Array(BigUint64Array.of(mask).buffer))
	return machine
}

test('legacy calls write a0 only', (t) => {
	const machine = new FakeMachine()
	machine.call(1, 0, 65n, 0x1234n)
	t.is(machine.readRegister(11), 0x1234n)
})

test('console_putchar writes a byte and console_getchar reads one or gives -1', (t) => {
	const machine = new FakeMachine()
	t.is(machine.call(1, 0, 0x41n).error, 0n)
	t.is(machine.output, 'A')
	machine.input = 'z'
	t.is(machine.call(2, 0).error, 0x7an)
	t.is(machine.call(2, 0).error, -1n)
})

test('clear_ipi lowers SSIP and says whether one was pending', (t) => {
	const machine = new FakeMachine()
	machine.blocks.raise(0, Mip.SSIP | Mip.SEIP)
	t.is(machine.call(3, 0).error, 1n)
	t.is(machine.call(3, 0).error, 0n)
	t.is(machine.word(0, 'pendingInterrupts'), Mip.SEIP)
})

test('send_ipi reads its mask through the guest-virtual address', (t) => {
	const machine = machineWithMask(0b1001n)
	t.is(machine.call(4, 0, virtual).error, 0n)
	t.deepEqual(
		[0, 1, 2, 3].map((hart) => machine.word(hart, 'pendingInterrupts')),
		[Mip.SSIP, 0, 0, Mip.SSIP],
	)
})

test('a mask address of 0 means all harts', (t) => {
	const machine = new FakeMachine()
	t.is(machine.call(5, 0, 0n).error, 0n)
	t.deepEqual(machine.requests, [{name: 'remoteFence', fence: {kind: 'fence.i', targets: [0, 1, 2, 3]}}])
})

test('a mask that cannot be read or names a missing hart is refused', (t) => {
	const machine = machineWithMask(0b1_0000n)
	for (const extension of [4, 5, 6, 7]) {
		t.is(machine.call(extension, 0, BigInt(ramBase), 0n, 0n, 0n).error, BigInt(SbiError.INVALID_ADDRESS))
		t.is(machine.call(extension, 0, virtual, 0n, 0n, 0n).error, BigInt(SbiError.INVALID_PARAM))
	}
	t.deepEqual(machine.requests, [])
})

test('hart 63 can be named', (t) => {
	const machine = machineWithMask(1n << 63n, {harts: 64})
	machine.call(4, 0, virtual)
	t.is(machine.word(63, 'pendingInterrupts'), Mip.SSIP)
})

test('remote fences pass range and asid', (t) => {
	const machine = machineWithMask(0b10n)
	machine.call(6, 0, virtual, 0x5000n, 0x2000n)
	machine.call(7, 0, virtual, 0x5000n, 0x2001n, 9n)
	t.deepEqual(machine.requests, [
		{name: 'remoteFence', fence: {kind: 'sfence.vma', targets: [1], range: {first: 5, pages: 2}}},
		{name: 'remoteFence', fence: {kind: 'sfence.vma', targets: [1], range: {first: 5, pages: 3}, asid: 9}},
	])
})

test('shutdown powers off with code 0', (t) => {
	const machine = new FakeMachine()
	t.is(machine.call(8, 0).outcome, 'does not return')
	t.deepEqual(machine.requests, [{name: 'stop', request: {reason: 'power off', exitCode: 0}}])
})
