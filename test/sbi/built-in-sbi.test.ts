import test from 'ava'
import {Doorbell, Mip, ramBase} from '../../src/memory/index.ts'
import {extensions} from '../../src/sbi/built-in-sbi.ts'
import {HsmState, SbiError} from '../../src/sbi/index.ts'
import {FakeMachine, ramBytes} from './fake-machine.ts'

const BASE = 0x10
const TIME = 0x54494d45
const IPI = 0x735049
const RFENCE = 0x52464e43
const HSM = 0x48534d
const SRST = 0x53525354
const DBCN = 0x4442434e
const SUSP = 0x53555350
const allOnes = 2n ** 64n - 1n
const ram = BigInt(ramBase)
const ramEnd = ram + BigInt(ramBytes)

const succeeds = (value = 0n) => ({outcome: 'returns', error: 0n, value})
const fails = (name: keyof typeof SbiError) => ({outcome: 'returns', error: BigInt(SbiError[name]), value: 0n})

test('extension ids differ and calls are named', (t) => {
	t.is(new Set(extensions.map(({id}) => id)).size, extensions.length)
	for (const extension of extensions) {
		for (const {name} of 'functions' in extension ? extension.functions : [extension]) t.truthy(name)
	}
})

test('an unknown extension or function is not supported, and a1 becomes 0', (t) => {
	const machine = new FakeMachine()
	t.deepEqual(machine.call(0x1234_5678, 0, 1n, 2n), fails('NOT_SUPPORTED'))
	t.deepEqual(machine.call(SUSP, 0), fails('NOT_SUPPORTED'))
	for (const extension of extensions) {
		if ('functions' in extension) {
			t.deepEqual(machine.call(extension.id, extension.functions.length, 1n, 2n), fails('NOT_SUPPORTED'))
			t.deepEqual(machine.call(extension.id, -1, 1n, 2n), fails('NOT_SUPPORTED'))
		}
	}
	t.deepEqual(machine.requests, [])
})

test('BASE reports version 2.0 and probes', (t) => {
	const machine = new FakeMachine()
	t.deepEqual(machine.call(BASE, 0), succeeds(0x0200_0000n))
	t.deepEqual(machine.call(BASE, 1), succeeds(0x4d48n))
	t.deepEqual(machine.call(BASE, 2), succeeds(1n))
	for (const {id} of extensions) t.deepEqual(machine.call(BASE, 3, BigInt(id)), succeeds(1n))
	t.deepEqual(machine.call(BASE, 3, BigInt(SUSP)), succeeds(0n))
	for (const fid of [4, 5, 6]) t.deepEqual(machine.call(BASE, fid), succeeds(0n))
})

test('a value of one call does not show in the next', (t) => {
	const machine = new FakeMachine()
	machine.call(BASE, 0)
	t.deepEqual(machine.call(IPI, 0, 0n, 0n), succeeds())
})

for (const [title, call] of [
	['TIME set_timer', (machine: FakeMachine, time: bigint) => machine.call(TIME, 0, time)],
	['legacy set_timer', (machine: FakeMachine, time: bigint) => machine.call(0, 0, time)],
] as const) {
	test(`${title} writes stimecmp and lowers STIP before the deadline is set`, (t) => {
		const machine = new FakeMachine({hart: 2})
		machine.blocks.raise(2, Mip.STIP | Mip.SSIP)
		for (const time of [0x1_8000_0001n, 0xffff_ffffn, allOnes]) {
			t.is(call(machine, time).error, 0n)
			t.is(machine.stimecmp(), time)
		}
		t.is(machine.word(2, 'pendingInterrupts'), Mip.SSIP)
		t.deepEqual(machine.requests[0], {name: 'timerChanged'})
	})
}

const ipiTargets = (machine: FakeMachine) =>
	[0, 1, 2, 3].filter((hart) => (machine.word(hart, 'pendingInterrupts') & Mip.SSIP) !== 0)

for (const {title, mask, base, targets} of [
	{title: 'a mask from hart 0', mask: 0b1010n, base: 0n, targets: [1, 3]},
	{title: 'a mask from a base', mask: 0b11n, base: 2n, targets: [2, 3]},
	{title: 'a base of all ones', mask: 0n, base: allOnes, targets: [0, 1, 2, 3]},
	{title: 'an empty mask, whatever the base', mask: 0n, base: 1n << 40n, targets: []},
]) {
	test(`IPI send_ipi takes ${title}`, (t) => {
		const machine = new FakeMachine()
		t.deepEqual(machine.call(IPI, 0, mask, base), succeeds())
		t.deepEqual(ipiTargets(machine), targets)
		for (const hart of targets) t.is(machine.word(hart, 'doorbell'), Doorbell.interrupt)
	})
}

for (const [mask, base] of [
	[0b1_0001n, 0n],
	[1n, 4n],
	[1n << 63n, 0n],
	[1n, 1n << 32n],
	[1n, allOnes - 1n],
] as const) {
	test(`hart mask 0x${mask.toString(16)} from 0x${base.toString(16)} is invalid on four harts, and none is told`, (t) => {
		const machine = new FakeMachine()
		t.deepEqual(machine.call(IPI, 0, mask, base), fails('INVALID_PARAM'))
		t.deepEqual(machine.call(RFENCE, 0, mask, base), fails('INVALID_PARAM'))
		t.deepEqual(machine.call(RFENCE, 1, mask, base, 0n, 0n), fails('INVALID_PARAM'))
		t.deepEqual(machine.call(RFENCE, 2, mask, base, 0n, 0n, 0n), fails('INVALID_PARAM'))
		t.deepEqual(ipiTargets(machine), [])
		t.deepEqual(machine.requests, [])
	})
}

test('the 64th hart can be named', (t) => {
	const machine = new FakeMachine({harts: 64})
	machine.call(IPI, 0, 1n << 63n, 0n)
	t.is(machine.word(63, 'pendingInterrupts'), Mip.SSIP)
})

test('IPI send_ipi leaves out stopped harts', (t) => {
	const machine = new FakeMachine()
	machine.states.set(1, HsmState.STOPPED)
	machine.states.set(2, HsmState.SUSPENDED)
	machine.call(IPI, 0, 0n, allOnes)
	t.deepEqual(ipiTargets(machine), [0, 2, 3])
})

test('RFENCE remote_fence_i names its targets', (t) => {
	const machine = new FakeMachine()
	t.deepEqual(machine.call(RFENCE, 0, 0b110n, 0n), succeeds())
	t.deepEqual(machine.requests, [{name: 'remoteFence', fence: {kind: 'fence.i', targets: [1, 2]}}])
})

test('RFENCE remote_sfence_vma passes pages, and an asid when it has one', (t) => {
	const machine = new FakeMachine()
	t.deepEqual(machine.call(RFENCE, 1, 1n, 1n, 0xffff_ffc0_0000_0ffen, 4n), succeeds())
	t.deepEqual(machine.call(RFENCE, 2, 1n, 1n, 0n, 0n, 0xffffn), succeeds())
	t.deepEqual(machine.requests, [
		{name: 'remoteFence', fence: {kind: 'sfence.vma', targets: [1], range: {first: 0xf_ffff_fc00_0000, pages: 2}}},
		{name: 'remoteFence', fence: {kind: 'sfence.vma', targets: [1], range: 'all', asid: 0xffff}},
	])
})

test('RFENCE refuses an asid of more than 16 bits', (t) => {
	const machine = new FakeMachine()
	for (const asid of [0x1_0000n, 1n << 32n, allOnes]) {
		t.deepEqual(machine.call(RFENCE, 2, 1n, 0n, 0n, 0n, asid), fails('INVALID_PARAM'))
	}
	t.deepEqual(machine.requests, [])
})

test('RFENCE does nothing for an empty range or no harts', (t) => {
	const machine = new FakeMachine()
	t.deepEqual(machine.call(RFENCE, 1, 1n, 0n, 0x1000n, 0n), succeeds())
	t.deepEqual(machine.call(RFENCE, 1, 0n, 0n, 0x1000n, 0x1000n), succeeds())
	t.deepEqual(machine.call(RFENCE, 0, 0n, 0n), succeeds())
	t.deepEqual(machine.requests, [])
})

test('RFENCE has no hypervisor fences', (t) => {
	const machine = new FakeMachine()
	for (const fid of [3, 4, 5, 6]) t.deepEqual(machine.call(RFENCE, fid, 1n, 0n), fails('NOT_SUPPORTED'))
})

test('HSM hart_start hands address and opaque over under the doorbell', (t) => {
	const machine = new FakeMachine()
	machine.states.set(3, HsmState.STOPPED)
	t.is(machine.states.takeStart(3), undefined)
	t.deepEqual(machine.call(HSM, 0, 3n, ram + 0x100n, allOnes), succeeds())
	t.deepEqual(machine.call(HSM, 2, 3n), succeeds(BigInt(HsmState.START_PENDING)))
	t.is(machine.blocks.takeDoorbell(3), Doorbell.hsm)
	t.deepEqual(machine.states.takeStart(3), {address: ram + 0x100n, opaque: allOnes})
	t.deepEqual(machine.call(HSM, 2, 3n), succeeds(BigInt(HsmState.STARTED)))
	t.is(machine.states.takeStart(3), undefined)
})

test('HSM hart_start refuses harts that are not stopped, harts that do not exist, and addresses without RAM', (t) => {
	const machine = new FakeMachine()
	machine.states.set(1, HsmState.STOPPED)
	t.deepEqual(machine.call(HSM, 0, 0n, ram, 0n), fails('ALREADY_AVAILABLE'))
	for (const state of [HsmState.START_PENDING, HsmState.STOP_PENDING, HsmState.SUSPENDED]) {
		machine.states.set(2, state)
		t.deepEqual(machine.call(HSM, 0, 2n, ram, 0n), fails('ALREADY_AVAILABLE'))
	}
	for (const hart of [4n, 1n << 32n, allOnes]) t.deepEqual(machine.call(HSM, 0, hart, ram, 0n), fails('INVALID_PARAM'))
	for (const address of [0n, ram - 2n, ram + 1n, ramEnd, ramEnd - 1n, ram + (1n << 53n), ram + (1n << 63n)]) {
		t.deepEqual(machine.call(HSM, 0, 1n, address, 0n), fails('INVALID_ADDRESS'))
	}
	t.is(machine.states.get(1), HsmState.STOPPED)
	t.is(machine.word(1, 'doorbell'), 0)
})

test('HSM hart_stop leaves guest code with the registers as they are', (t) => {
	const machine = new FakeMachine({hart: 1})
	t.deepEqual(machine.call(HSM, 1, 7n, 8n), {outcome: 'does not return', error: 7n, value: 8n})
	t.is(machine.states.get(1), HsmState.STOP_PENDING)
	t.deepEqual(machine.requests, [{name: 'stopHart'}])
})

test('HSM hart_get_status refuses a hart that does not exist', (t) => {
	t.deepEqual(new FakeMachine().call(HSM, 2, 4n), fails('INVALID_PARAM'))
})

test('HSM hart_suspend: the retentive one returns, the non-retentive one resumes elsewhere', (t) => {
	const machine = new FakeMachine()
	t.deepEqual(machine.call(HSM, 3, 0n, 0n, 0n), succeeds())
	t.is(machine.states.get(0), HsmState.SUSPENDED)
	t.is(machine.call(HSM, 3, 0x8000_0000n, ram + 2n, 5n).outcome, 'does not return')
	t.deepEqual(machine.requests, [
		{name: 'suspendHart', request: {kind: 'retentive'}},
		{name: 'suspendHart', request: {kind: 'non-retentive', address: ram + 2n, opaque: 5n}},
	])
})

test('HSM hart_suspend refuses reserved and platform types, and a resume address without RAM', (t) => {
	const machine = new FakeMachine()
	for (const type of [1n, 0xfff_ffffn, 0x8000_0001n, 0x8fff_ffffn]) {
		t.deepEqual(machine.call(HSM, 3, type, ram, 0n), fails('INVALID_PARAM'))
	}
	for (const type of [0x1000_0000n, 0x7fff_ffffn, 0x9000_0000n, 0xffff_ffffn]) {
		t.deepEqual(machine.call(HSM, 3, type, ram, 0n), fails('NOT_SUPPORTED'))
	}
	t.deepEqual(machine.call(HSM, 3, 0x8000_0000n, 0n, 0n), fails('INVALID_ADDRESS'))
	t.is(machine.states.get(0), HsmState.STARTED)
	t.deepEqual(machine.requests, [])
})

for (const [type, reason, request] of [
	[0n, 0n, {reason: 'power off', exitCode: 0}],
	[0n, 1n, {reason: 'power off', exitCode: 1}],
	[1n, 0n, {reason: 'reboot', exitCode: 0}],
	[2n, 0n, {reason: 'reboot', exitCode: 0}],
] as const) {
	test(`SRST system_reset type ${type} for reason ${reason} is a ${request.reason} with code ${request.exitCode}`, (t) => {
		const machine = new FakeMachine()
		t.is(machine.call(SRST, 0, type, reason).outcome, 'does not return')
		t.deepEqual(machine.requests, [{name: 'stop', request}])
	})
}

test('SRST refuses reserved types and reasons', (t) => {
	const machine = new FakeMachine()
	t.deepEqual(machine.call(SRST, 0, 3n, 0n), fails('INVALID_PARAM'))
	t.deepEqual(machine.call(SRST, 0, 0n, 2n), fails('INVALID_PARAM'))
	t.deepEqual(machine.call(SRST, 0, 0xf000_0000n, 0n), fails('NOT_SUPPORTED'))
	t.deepEqual(machine.requests, [])
})

test('DBCN writes from RAM, reads into it, and writes a byte', (t) => {
	const machine = new FakeMachine()
	machine.ram.write(ramBase + 16, Buffer.from('hello, guest'))
	t.deepEqual(machine.call(DBCN, 0, 5n, ram + 16n, 0n), succeeds(5n))
	t.deepEqual(machine.call(DBCN, 2, 0x121n), succeeds())
	t.is(machine.output, 'hello!')
	machine.input = 'ls\n'
	t.deepEqual(machine.call(DBCN, 1, 2n, ramEnd - 2n, 0n), succeeds(2n))
	t.is(Buffer.from(machine.ram.bytes(ramBase + ramBytes - 2, 2)).toString(), 'ls')
	t.deepEqual(machine.call(DBCN, 1, 8n, ram, 0n), succeeds(1n))
	t.deepEqual(machine.call(DBCN, 1, 8n, ram, 0n), succeeds(0n))
	t.deepEqual(machine.call(DBCN, 0, 0n, ram, 0n), succeeds(0n))
})

test('DBCN refuses a buffer with a byte outside RAM', (t) => {
	const machine = new FakeMachine()
	machine.input = 'secret'
	const buffers = [
		[1n, 0n, 0n],
		[2n, ram - 1n, 0n],
		[2n, ramEnd - 1n, 0n],
		[allOnes, ram, 0n],
		[1n << 63n, ram, 0n],
		[1n, ram, 1n],
		[1n, ram, allOnes],
		[1n, ram + (1n << 60n), 0n],
	] as const
	for (const [length, low, high] of buffers) {
		t.deepEqual(machine.call(DBCN, 0, length, low, high), fails('INVALID_PARAM'))
		t.deepEqual(machine.call(DBCN, 1, length, low, high), fails('INVALID_PARAM'))
	}
	t.is(machine.output, '')
	t.is(machine.input, 'secret')
})
